#include "jobs/ask.h"

#include <filesystem>
#include <map>

namespace reprocess {
namespace {

// The file of a SQLite database; nullopt for a server, and for what may be one's URL misspelt, with
// a password in it.
std::optional<std::string> FileOf(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite://";
  if (url.starts_with("sqlite:///")) return url.substr(kScheme.size());
  const bool named = url.ends_with(".db") || url.ends_with(".sqlite");
  if (named && url.find("://") == std::string::npos) return url;
  return std::nullopt;
}

// A sample and the sum, behind the totals of rows.
void AddTotal(const std::vector<StoredError>& unreadable, std::vector<StoredError>& reasons) {
  if (unreadable.empty()) return;
  reasons.push_back(unreadable.front());
  reasons.back().row.count = unreadable.size();
}

JobOverview OverviewOf(JobSummary job, const std::vector<ShardSummary>& shards, bool paused,
                       Milliseconds life) {
  JobOverview overview;
  overview.standing = StandingOf(job, shards, paused, life);
  overview.seconds = SecondsOf(job, shards, overview.standing, SystemClock().Wall());
  overview.job = std::move(job);
  return overview;
}

using Opener = Result<std::unique_ptr<Queries>>(const std::string& url);

Result<std::unique_ptr<Queries>> OpenExisting(const std::string& url, Opener& open) {
  std::error_code ignored;
  if (const auto file = FileOf(url); file && !std::filesystem::exists(*file, ignored)) {
    return Fatal("open database: no such file", *file,
                 "name the database of the job with --database or DATABASE_URL", Code::kNotFound);
  }
  return open(url);
}

}  // namespace

Result<std::unique_ptr<Queries>> OpenExistingQueries(const std::string& url) {
  return OpenExisting(url, OpenQueriesToAsk);
}

Result<std::unique_ptr<Queries>> OpenExistingToChange(const std::string& url) {
  return OpenExisting(url, OpenQueries);
}

Result<std::vector<JobOverview>> ListJobs(const std::string& database_url, int most,
                                          Milliseconds life) {
  TRY(const auto queries, OpenExistingQueries(database_url));
  TRY(std::vector<JobSummary> jobs, queries->Jobs(most));
  std::vector<JobOverview> list;
  std::map<std::string, std::vector<std::string>> retries;
  for (JobSummary& job : jobs) {
    TRY(const auto shards, queries->Shards(job.id));
    TRY(const JobControls controls, queries->Controls(job.id));
    list.push_back(OverviewOf(std::move(job), shards, controls.paused, life));
    const JobOverview& last = list.back();
    if (!last.standing.retry_of.empty()) retries[last.standing.retry_of].push_back(last.job.id);
  }
  for (JobOverview& job : list) job.retries = retries[job.job.id];
  return list;
}

Result<JobView> ViewJob(const std::string& database_url, const std::string& job_id,
                        Milliseconds life) {
  TRY(const auto queries, OpenExistingQueries(database_url));
  JobView view;
  TRY(JobSummary job, queries->Job(job_id));
  TRY(view.shards, queries->Shards(job_id));
  TRY(const JobControls controls, queries->Controls(job_id));
  static_cast<JobOverview&>(view) = OverviewOf(std::move(job), view.shards, controls.paused, life);
  TRY(view.retries, queries->RetriesOf(job_id));
  view.life = life;
  TRY(view.files, queries->Files(job_id));
  TRY(view.reasons, queries->ErrorTotals(job_id));
  AddTotal(UnreadableOf(view.files), view.reasons);
  view.throttle = ThrottleOf(view.job, controls);
  return view;
}

Result<ErrorsView> ViewErrors(const std::string& database_url, const std::string& job_id,
                              std::optional<Reason> reason, int most) {
  TRY(const auto queries, OpenExistingQueries(database_url));
  TRY_OK(queries->Job(job_id));
  constexpr int kMostStreams = 20;
  ErrorsView view;
  TRY(view.reasons, queries->ErrorTotals(job_id));
  TRY(view.rows, queries->Errors(job_id, reason, most));
  TRY(view.streams, queries->ErrorStreams(job_id, kMostStreams));
  TRY(const auto files, queries->Files(job_id));
  const std::vector<StoredError> unreadable = UnreadableOf(files);
  AddTotal(unreadable, view.reasons);
  if (!reason || *reason == Reason::kUnreadable) {
    for (const StoredError& error : unreadable) {
      if (view.rows.size() < static_cast<std::size_t>(most)) view.rows.push_back(error);
    }
  }
  return view;
}

std::vector<StoredError> UnreadableOf(const std::vector<FileRow>& files) {
  std::vector<StoredError> errors;
  for (const FileRow& file : files) {
    if (file.state != FileState::kFailed) continue;
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
