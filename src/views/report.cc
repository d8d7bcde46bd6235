#include "views/report.h"

#include <fmt/format.h>

#include "base/thousands.h"
#include "views/json.h"

namespace reprocess {
namespace {

Json ToJson(const std::optional<KubernetesNote>& note) {
  if (!note) return nullptr;
  return {{"namespace", note->name_space},
          {"submitted_by", OrNull(note->submitted_by)},
          {"reason", OrNull(note->reason)},
          {"phase", OrNull(note->phase)}};
}

}  // namespace

std::string CompletionJson(const CompletionReport& report, const std::vector<NextStep>& next) {
  const JobSummary& job = report.job;
  const JobStanding& standing = report.standing;
  Json json = {
      {"job", job.id},
      {"state", NameOf(standing.standing)},
      {"exit_code", ExitCodeOf(standing.outcome)},
      {"limit_reached", standing.limit_reached},
      {"dry_run", standing.dry_run},
      {"retry_of", OrNull(standing.retry_of)},
      {"retries", report.retries},
      {"destination", standing.destination ? Json(Describe(*standing.destination)) : Json(nullptr)},
      {"kubernetes", ToJson(job.kubernetes)},
      {"created_at", OrNull(job.created_at)},
      {"started_at", OrNull(job.started_at)},
      {"completed_at", OrNull(job.completed_at)},
      {"seconds", report.seconds ? Json(*report.seconds) : Json(nullptr)},
      {"workers", job.total_workers},
      {"total_files", job.total_files},
      {"total_bytes", job.sum.total_bytes},
      {"progress", standing.progress}};
  json.update(reprocess::ToJson(report.counters));
  json["balanced"] = report.problems.empty();
  json["unbalanced"] = report.problems;
  json["files"] = reprocess::ToJson(report.files);
  json["failed_files"] = reprocess::ToJson(report.failed_files);
  json["error_samples"] = reprocess::ToJson(report.reasons);
  json["verify"] = reprocess::ToJson(report.verdict);
  json["error"] = OrNull(job.error.empty() ? job.sum.error : job.error);
  const Json config = Json::parse(job.config, nullptr, false);
  json["config"] = config.is_discarded() ? Json(job.config) : config;
  json["next"] = reprocess::ToJson(next);
  return ToDocument(json);
}

std::string VerdictSentence(const CompletionReport& report) {
  if (!report.verdict) {
    if (report.standing.dry_run) return "a dry run sends nothing";
    const auto& destination = report.standing.destination;
    if (destination && destination->kind == Destination::kFiles) {
      return "files are not verified: what was written is in them";
    }
    return fmt::format("not verified: reprocess verify {}", report.job.id);
  }
  const VerifyResult& verdict = *report.verdict;
  if (verdict.verdict == "wrong") {
    return fmt::format("NOT all there: {} missing, {} doubled, {} altered ({})",
                       Thousands(verdict.missing), Thousands(verdict.doubled),
                       Thousands(verdict.altered), verdict.at);
  }
  if (verdict.verdict != "all_there") return fmt::format("could not be verified ({})", verdict.at);
  return fmt::format("{} {} ({})",
                     verdict.counts_only ? "as many records as lines were sent:"
                                         : "every sent line is there, each once:",
                     Thousands(verdict.sent), verdict.at);
}

}  // namespace reprocess
