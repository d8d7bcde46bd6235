#include "jobs/ask.h"

#include <filesystem>

namespace reprocess {
namespace {

// The file of a SQLite URL; nullopt for a server's.
std::optional<std::string> FileOf(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite://";
  if (url.starts_with(kScheme)) return url.substr(kScheme.size());
  if (url.find("://") == std::string::npos) return url;
  return std::nullopt;
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

Result<std::vector<JobSummary>> ListJobs(const std::string& database_url, int most) {
  TRY(const auto queries, OpenExistingQueries(database_url));
  return queries->Jobs(most);
}

Result<JobView> ViewJob(const std::string& database_url, const std::string& job_id) {
  TRY(const auto queries, OpenExistingQueries(database_url));
  JobView view;
  TRY(view.job, queries->Job(job_id));
  TRY(view.shards, queries->Shards(job_id));
  TRY(view.files, queries->Files(job_id));
  TRY(view.reasons, queries->ErrorTotals(job_id));
  TRY(const JobControls controls, queries->Controls(job_id));
  view.throttle = ThrottleOf(view.job, controls);
  return view;
}

Result<ErrorsView> ViewErrors(const std::string& database_url, const std::string& job_id,
                              std::optional<Reason> reason, int most) {
  TRY(const auto queries, OpenExistingQueries(database_url));
  TRY_OK(queries->Job(job_id));
  ErrorsView view;
  TRY(view.reasons, queries->ErrorTotals(job_id));
  TRY(view.rows, queries->Errors(job_id, reason, most));
  return view;
}

}  // namespace reprocess
