#include "jobs/ask.h"

#include <map>
#include <set>

namespace reprocess {
namespace {

// A sample and the sum, behind the totals of rows.
void AddTotal(const std::vector<StoredError>& unreadable, std::vector<StoredError>& reasons) {
  if (unreadable.empty()) return;
  reasons.push_back(unreadable.front());
  reasons.back().row.count = unreadable.size();
}

JobOverview OverviewOf(JobSummary job, const std::vector<ShardSummary>& shards, bool paused,
                       Milliseconds life, WallTime now) {
  JobOverview overview;
  overview.standing = StandingOf(job, shards, paused, life);
  overview.seconds = SecondsOf(job, shards, overview.standing, now);
  overview.job = std::move(job);
  return overview;
}

// List positions of the files where shards are.
std::set<int> PlacesOf(const std::vector<ShardSummary>& shards) {
  std::set<int> places;
  for (const ShardSummary& shard : shards) {
    if (!shard.shard) continue;
    if (const auto checkpoint = Decode(shard.shard->checkpoint)) {
      places.insert(checkpoint->list_position);
    }
  }
  return places;
}

}  // namespace

std::string PhaseOf(const JobOverview& job) {
  if (job.job.kubernetes) return job.job.kubernetes->phase;
  const bool pending = job.job.status == "pending";
  if (!job.job.error.empty() && (pending || job.job.status == "running")) return job.job.error;
  if (job.standing.standing == Standing::kPaused) return "paused";
  return pending ? "planned" : "";
}

Result<std::vector<JobOverview>> ListJobs(Queries& queries, const JobPick& pick, Milliseconds life,
                                          WallTime now) {
  TRY(std::vector<JobSummary> jobs, queries.Jobs(pick));
  std::vector<JobOverview> list;
  std::map<std::string, std::vector<std::string>> retries;
  for (JobSummary& job : jobs) {
    TRY(const auto shards, queries.Shards(job.id));
    TRY(const JobControls controls, queries.Controls(job.id));
    list.push_back(OverviewOf(std::move(job), shards, controls.paused, life, now));
    const JobOverview& last = list.back();
    if (!last.standing.retry_of.empty()) retries[last.standing.retry_of].push_back(last.job.id);
  }
  for (JobOverview& job : list) job.retries = retries[job.job.id];
  return list;
}

Result<JobView> ViewJob(Queries& queries, const std::string& job_id, Milliseconds life,
                        WallTime now) {
  JobView view;
  // In this order: the sums are never older than the shards that say that the job has ended.
  TRY(view.shards, queries.Shards(job_id));
  TRY(JobSummary job, queries.Job(job_id));
  TRY(const JobControls controls, queries.Controls(job_id));
  static_cast<JobOverview&>(view) =
      OverviewOf(std::move(job), view.shards, controls.paused, life, now);
  TRY(view.retries, queries.RetriesOf(job_id));
  view.life = life;
  TRY(view.paths, queries.Paths(job_id, PlacesOf(view.shards)));
  TRY(const FilesTotal total, queries.TotalOfFiles(job_id));
  view.files = total.states;
  view.of_files = total.counters;
  TRY(view.failed_files, queries.Files(job_id, {.state = FileState::kFailed}));
  TRY(view.reasons, queries.ErrorTotals(job_id));
  AddTotal(UnreadableOf(view.failed_files), view.reasons);
  view.throttle = ThrottleOf(view.job, controls);
  return view;
}

Result<ErrorsView> ViewErrors(Queries& queries, const std::string& job_id, const ErrorPick& pick,
                              bool lines_done) {
  TRY_OK(queries.Job(job_id));
  constexpr int kMostStreams = 20;
  ErrorsView view;
  TRY(view.reasons, queries.ErrorTotals(job_id));
  if (!lines_done) {
    TRY(view.rows, queries.Errors(job_id, pick));
  }
  TRY(view.streams, queries.ErrorStreams(job_id, kMostStreams));
  TRY(const auto failed, queries.Files(job_id, {.state = FileState::kFailed}));
  const std::vector<StoredError> unreadable = UnreadableOf(failed);
  AddTotal(unreadable, view.reasons);
  if (!pick.reason || *pick.reason == Reason::kUnreadable) {
    for (const StoredError& error : unreadable) {
      if (lines_done && error.row.list_position <= pick.after->list_position) continue;
      if (view.rows.size() < static_cast<std::size_t>(pick.most)) view.rows.push_back(error);
    }
  }
  return view;
}

std::vector<StoredError> UnreadableOf(const std::vector<FileRow>& failed) {
  std::vector<StoredError> errors;
  for (const FileRow& file : failed) {
    const FilePlace& place = file.place;
    errors.push_back({.path = file.path,
                      .row = {.list_position = file.list_position,
                              .first_byte = place.byte,
                              .end_byte = place.byte,
                              .count = 1,
                              .first_line = place.line + 1,
                              .last_line = place.line + 1,
                              .reason = Reason::kUnreadable,
                              .message = file.failure,
                              .sample = {}}});
  }
  return errors;
}

}  // namespace reprocess
