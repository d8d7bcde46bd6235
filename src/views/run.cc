#include "views/run.h"

#include <algorithm>

#include "views/json.h"

namespace reprocess {

// Each has one part that begins it.
std::size_t CountFiles(const PreparedRun& run) {
  return static_cast<std::size_t>(std::ranges::count(run.files, 0u, &FileItem::offset));
}

Rates RatesOf(const RunReport& report) {
  const auto rate = [&](std::uint64_t all, std::uint64_t before) {
    return report.seconds <= 0 || all <= before
               ? 0
               : static_cast<double>(all - before) / report.seconds;
  };
  return {rate(report.counters.lines, report.before.lines),
          rate(report.counters.bytes, report.before.bytes)};
}

std::string PlanJson(const PreparedRun& run) {
  Json event = Event("planned");
  event.update({{"job", run.job_id},
                {"resumed", run.resumed},
                {"shards", run.shards},
                {"files", CountFiles(run)},
                {"parts", run.files.size()},
                {"stored_bytes", run.bytes},
                {"destination", Describe(run.destination)},
                {"ignored", ToJson(run.ignored)},
                {"not_in_plan", Json::array()},  // such a run is refused
                {"changed", run.changed},
                {"checked",
                 {{"target", OrNull(run.checked.target)},
                  {"filters", OrNull(run.checked.filters)},
                  {"replayed", OrNull(run.checked.replayed)}}},
                {"expected_seconds", run.expected ? Json(run.expected->seconds) : Json(nullptr)}});
  return ToLine(event);
}

std::string ReportJson(const RunReport& report, const std::vector<NextStep>& next) {
  const Rates rates = RatesOf(report);
  Json json = Event("report");
  json.update({{"job", report.job_id},
               {"result", NameOf(report.outcome)},
               {"exit_code", ExitCodeOf(report.outcome)},
               {"dry_run", report.dry_run}});
  json.update(ToJson(report.counters));
  json["balanced"] = report.unbalanced.empty();
  json["unbalanced"] = report.unbalanced;
  json["seconds"] = report.seconds;
  json["lines_per_second"] = rates.lines;
  json["bytes_per_second"] = rates.bytes;
  json["files"] = ToJson(report.files);
  json["shards"] = Json::array();
  for (const auto& shard : report.shards) {
    Json entry = {{"shard", shard.index},
                  {"result", NameOf(shard.outcome)},
                  {"exit_code", ExitCodeOf(shard.outcome)},
                  {"already_complete", shard.outcome == Outcome::kAlreadyComplete},
                  {"message", OrNull(shard.message)}};
    entry.update(ToJson(shard.counters));
    json["shards"].push_back(std::move(entry));
  }
  json["failed_files"] = ToJson(report.failed_files);
  json["error_samples"] = ToJson(report.errors);
  json["warnings"] = report.warnings;
  const auto resume = std::ranges::find_if(next, &NextStep::goes_on);
  json["resume"] = resume != next.end() ? Json(resume->command) : Json(nullptr);
  json["next"] = ToJson(next);
  return ToLine(json);
}

}  // namespace reprocess
