#include "jobs/only_missing.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/repository.h"
#include "model/time_text.h"
#include "plan/inspection.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

std::string TextOf(const MissingReport& report, const OnlyMissing& asked) {
  const MissingCounts& counts = report.counts;
  Json json = {
      {"topic", report.topic},
      {"lines", counts.lines},
      {"there", counts.there},
      {"partly", counts.partly},
      {"missing", counts.missing},
      {"outside", counts.outside},
      {"foreign", counts.foreign},
      {"not_sent", counts.not_sent},
      {"sends_partly", asked.send_partly},
      {"sends_outside", asked.send_outside.value_or(false)},
      {"covered_from", report.covered ? Json(FormatRfc3339(*report.covered)) : Json(nullptr)},
      {"offsets", Json::array()}};
  for (const OffsetSpan& span : report.spans) json["offsets"].push_back(span.to);
  return json.dump();
}

Result<void> CheckAsked(const JobConfig& config) {
  if (config.start_file.empty()) return {};
  return Invalid("plan job: --only-missing and --start-file exclude each other", {},
                 "what was sent of the files before is told by the topic: leave --start-file out");
}

Result<void> CheckReport(const MissingReport& report, const OnlyMissing& asked) {
  for (const MissingOfFile& file : report.files) {
    if (file.failure.empty()) continue;
    return Fatal(
        "plan job: what is missing of a file that cannot be read is not known: " + file.failure,
        file.item.path, "mend it, or plan the others without it");
  }
  if (report.counts.outside == 0 || asked.send_outside) return {};
  const std::string since = report.covered
                                ? "its records begin at " + FormatRfc3339(*report.covered)
                                : "it has a partition without any record";
  return Fatal(fmt::format("plan job: of {} lines topic {} cannot tell whether it had them: {}",
                           report.counts.outside, report.topic, since),
               {}, "say what is to become of them: --outside send, or --outside skip",
               Code::kConflict);
}

std::vector<ByteRange> Chosen(const MissingOfFile& file, const OnlyMissing& asked) {
  std::vector<ByteRange> chosen = file.missing;
  if (asked.send_partly) chosen.insert(chosen.end(), file.partly.begin(), file.partly.end());
  if (asked.send_outside.value_or(false)) {
    chosen.insert(chosen.end(), file.outside.begin(), file.outside.end());
  }
  UniteRanges(chosen);
  return chosen;
}

Result<void> Cut(const MissingReport& report, const OnlyMissing& asked,
                 std::vector<FoundFile>& files) {
  std::vector<FoundFile> kept;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::vector<ByteRange> chosen = Chosen(report.files[i], asked);
    if (chosen.empty()) continue;
    if (chosen.size() > kMostStretches) {
      return Fatal(fmt::format("plan job: what is missing lies in {} stretches of the file, and a "
                               "job takes {}",
                               chosen.size(), kMostStretches),
                   files[i].item.path, "plan it in parts: with --stream, or --from and --to",
                   Code::kUnsupported);
    }
    FoundFile file = std::move(files[i]);
    file.version_tag = report.files[i].version_tag;
    file.item.etag = file.version_tag;
    file.item.ranges = std::move(chosen);
    kept.push_back(std::move(file));
  }
  files = std::move(kept);
  if (!files.empty()) return {};
  return Fatal(fmt::format("plan job: nothing is missing: all {} lines that would be sent are in "
                           "topic {}",
                           report.counts.there, report.topic),
               {}, {}, Code::kNotFound);
}

MissingRequest RequestOf(const OnlyMissingWorld& world, JobConfig config) {
  MissingRequest request;
  request.config = std::move(config);
  request.kafka = world.kafka;
  request.settings = world.settings;
  return request;
}

}  // namespace

Narrow NarrowToMissing(OnlyMissing asked, OnlyMissingWorld world) {
  return [asked = std::move(asked), world = std::move(world)](
             const JobConfig& config, std::vector<FoundFile>& files, std::string& given,
             std::vector<std::string>& warnings) -> Result<void> {
    TRY_OK(CheckAsked(config));
    MissingRequest request = RequestOf(world, config);
    request.memory_bytes = asked.memory_bytes;
    for (const FoundFile& file : files) request.files.push_back(file.item);
    TRY(const auto streams,
        FetchAnyRepository(asked.repository_url, asked.repository_auth_token, world.stop));
    request.streams = streams ? &*streams : nullptr;
    request.compare_connections = CheckDestinations(streams.has_value(), request.config);
    const auto storage = world.make_storage(world.settings, {}, {});
    const auto progress = asked.progress ? asked.progress : [](const MissingProgress&) {};
    TRY(const MissingReport report, FindMissing(request, *storage, progress, world.stop));
    TRY_OK(CheckReport(report, asked));
    TRY_OK(Cut(report, asked, files));
    given = WithOnlyMissing(given, TextOf(report, asked));
    if (report.counts.foreign > 0) {
      warnings.push_back(fmt::format(
          "{} lines have no origin and are not in the topic: another service's, not sent",
          report.counts.foreign));
    }
    return {};
  };
}

Result<void> CheckStillMissing(const Plan& plan, const OnlyMissingWorld& world) {
  const Json told = Json::parse(OnlyMissingOf(plan.config), nullptr, false);
  if (!told.is_object()) return {};
  std::vector<std::string> warnings;
  TRY(JobConfig config, ConfigOfPlan(plan.config, "stored plan", warnings));
  MissingRequest request = RequestOf(world, std::move(config));
  request.compare_connections = false;
  CheckDestinations(false, request.config);
  request.after = told.value("offsets", std::vector<std::int64_t>());
  for (const PlannedFile& file : plan.files) request.files.push_back(file.item);
  const auto storage = world.make_storage(world.settings, {}, {});
  TRY(const MissingReport report,
      FindMissing(request, *storage, [](const MissingProgress&) {}, world.stop));
  if (report.counts.there == 0) return {};
  return Fatal(fmt::format("start the job: {} of its lines have come into topic {} since it was "
                           "planned",
                           report.counts.there, report.topic),
               plan.job_id, "plan again: `reprocess plan --only-missing` under another name",
               Code::kConflict);
}

}  // namespace reprocess
