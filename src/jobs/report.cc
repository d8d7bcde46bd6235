#include "jobs/report.h"

#include <fmt/format.h>

namespace reprocess {
namespace {

bool Agree(const Counters& a, const Counters& b) {
  return a.lines == b.lines && a.success == b.success && a.skipped() == b.skipped() &&
         a.errors() == b.errors();
}

bool AddsUp(const Counters& counters) {
  return counters.lines == counters.success + counters.skipped() + counters.errors();
}

std::vector<std::string> ProblemsOf(const CompletionReport& view,
                                    const std::vector<FileRow>& unbalanced) {
  std::vector<std::string> problems;
  for (const ShardSummary& shard : view.shards) {
    if (AddsUp(shard.worker.counters)) continue;
    problems.push_back(
        fmt::format("shard {}: its lines are not sent + skipped + errors", shard.index));
  }
  for (const FileRow& file : unbalanced) {
    problems.push_back(fmt::format("{}: its lines are not sent + skipped + errors", file.path));
  }
  if (view.standing.ended && !Agree(view.of_files, view.job.sum.counters)) {
    problems.push_back(fmt::format("the files' rows have {} lines and the shards' {}",
                                   view.of_files.lines, view.job.sum.counters.lines));
  }
  return problems;
}

}  // namespace

Result<CompletionReport> ReportOf(Queries& queries, const std::string& job_id, Milliseconds life,
                                  WallTime now) {
  CompletionReport report;
  TRY(static_cast<JobView&>(report), ViewJob(queries, job_id, life, now));
  TRY(const FilesTotal total, queries.TotalOfFiles(job_id));
  report.files = total.states;
  report.of_files = total.counters;
  TRY(report.verdict, queries.LastVerify(job_id));
  report.counters = report.job.sum.counters;
  if (!queries.Available()) return report;
  TRY(const auto unbalanced, queries.Files(job_id, {.unbalanced = true}));
  report.problems = ProblemsOf(report, unbalanced);
  if (Agree(report.of_files, report.counters)) report.counters = report.of_files;
  return report;
}

}  // namespace reprocess
