#include "jobs/ask.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

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
    if (shard.checkpoint) places.insert(shard.checkpoint->list_position);
  }
  return places;
}

// How many lines were not sent, and under which claims: the ledger's rows come before the former.
struct ErrorsTold {
  std::uint64_t lines = 0, generations = 0;
  bool operator==(const ErrorsTold&) const = default;
};
ErrorsTold ToldOf(const std::vector<ShardSummary>& shards) {
  ErrorsTold told;
  for (const ShardSummary& shard : shards) {
    told.lines += shard.worker.counters.errors();
    if (shard.shard) told.generations += shard.shard->owner.generation;
  }
  return told;
}

// Counts of files, as their shards' checkpoints have them.
class FileCounts {
 public:
  void Add(const ShardSummary& shard) {
    listed_ += shard.worker.assigned_files;
    if (!shard.shard) return AddUnclaimed(shard.worker);
    const auto& checkpoint = shard.checkpoint;
    if (!checkpoint) return;
    const std::uint64_t finished = checkpoint->processed_files, failed = checkpoint->failed_files;
    const std::uint64_t left = LeftOf(shard.worker, finished);
    const bool reads = left > 0 && checkpoint->state == ShardState::kRunning &&
                       checkpoint->pass == Pass::kFirst && checkpoint->place.byte > 0;
    Of(FileState::kDone) += finished - std::min(failed, finished);
    Of(FileState::kFailed) += failed;
    Of(FileState::kReading) += reads ? 1 : 0;
    Of(FileState::kPlanned) += left - (reads ? 1 : 0);
  }

  // Those that no worker's row speaks of yet are planned.
  std::array<std::uint64_t, 6> Counts(int total_files) {
    const auto total = static_cast<std::uint64_t>(std::max(total_files, 0));
    Of(FileState::kPlanned) += total - std::min(total, std::exchange(listed_, total));
    return counts_;
  }

 private:
  static std::uint64_t LeftOf(const WorkerRow& worker, std::uint64_t finished) {
    return worker.assigned_files - std::min(worker.assigned_files, finished);
  }
  // Of another worker's, whose row alone there is, or one that nobody has begun.
  void AddUnclaimed(const WorkerRow& worker) {
    Of(FileState::kDone) += worker.processed_files;
    Of(FileState::kPlanned) += LeftOf(worker, worker.processed_files);
  }
  std::uint64_t& Of(FileState state) { return counts_.at(static_cast<std::size_t>(state)); }

  std::array<std::uint64_t, 6> counts_{};
  std::uint64_t listed_ = 0;
};

std::uint64_t FailedOf(const JobView& view) {
  return view.files.at(static_cast<std::size_t>(FileState::kFailed));
}

// No row of a file is read but for those that failed: there may be a million. What a limit left unread
// counts as finished in a checkpoint, and so the rows tell.
Result<void> ReadFiles(Queries& queries, JobView& view) {
  FileCounts counts;
  for (const ShardSummary& shard : view.shards) counts.Add(shard);
  view.files = counts.Counts(view.job.total_files);
  if (!view.standing.limit_reached) return {};
  TRY(const FilesTotal total, queries.TotalOfFiles(view.job.id));
  view.files = total.states;
  return {};
}

Result<void> ReadErrors(Queries& queries, JobView& view) {
  if (FailedOf(view) > 0) {
    TRY(view.failed_files, queries.Files(view.job.id, {.state = FileState::kFailed}));
  }
  if (ToldOf(view.shards).lines > 0) {
    TRY(view.reasons, queries.ErrorTotals(view.job.id));
  }
  AddTotal(UnreadableOf(view.failed_files), view.reasons);
  return {};
}

Result<void> ReadView(Queries& queries, const std::string& job_id, WallTime now,
                      const JobView* before, JobView& view) {
  TRY(JobRows rows, queries.RowsOf(job_id));
  view.shards = std::move(rows.shards);
  static_cast<JobOverview&>(view) =
      OverviewOf(std::move(rows.job), view.shards, rows.controls.paused, view.life, now);
  view.throttle = ThrottleOf(view.job, rows.controls);
  view.retries = std::move(rows.retries);
  TRY_OK(ReadFiles(queries, view));
  const bool same = before != nullptr && ToldOf(before->shards) == ToldOf(view.shards) &&
                    FailedOf(*before) == FailedOf(view);
  if (!same) return ReadErrors(queries, view);
  view.failed_files = before->failed_files;
  view.reasons = before->reasons;
  return {};
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
  TRY(JobsPage page, queries.PageOf(pick));
  std::vector<JobOverview> list;
  std::map<std::string, std::vector<std::string>> retries;
  for (JobSummary& job : page.jobs) {
    const std::string id = job.id;
    list.push_back(
        OverviewOf(std::move(job), page.shards[id], page.paused.contains(id), life, now));
    const std::string& retry_of = list.back().standing.retry_of;
    if (!retry_of.empty()) retries[retry_of].push_back(id);
  }
  for (JobOverview& job : list) job.retries = retries[job.job.id];
  return list;
}

Result<JobView> ViewJob(Queries& queries, const std::string& job_id, Milliseconds life,
                        WallTime now, const JobView* before) {
  JobView view;
  view.life = life;
  TRY_OK(queries.AtOneMoment([&] { return ReadView(queries, job_id, now, before, view); }));
  return view;
}

Result<std::map<int, std::string>> PathsOf(Queries& queries, const JobView& job) {
  return queries.Paths(job.job.id, PlacesOf(job.shards));
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
