#include "views/plan.h"

#include <fmt/format.h>

#include "base/thousands.h"
#include "plan/plan_config.h"
#include "views/json.h"

namespace reprocess {
namespace {

std::string_view NameOf(Begun begun) {
  switch (begun) {
    case Begun::kNot:
      return "no";
    case Begun::kHere:
      return "here";
    case Begun::kElsewhere:
      break;
  }
  return "elsewhere";
}

Json SharesJson(const std::vector<PlannedShare>& shares) {
  Json list = Json::array();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    list.push_back({{"worker", i}, {"files", shares[i].files}, {"stored_bytes", shares[i].bytes}});
  }
  return list;
}

Json OnlyMissingJson(std::string_view plan_config) {
  const std::string text = ReadPlanConfig(plan_config).only_missing;
  return text.empty() ? Json(nullptr) : Json::parse(text);
}

}  // namespace

std::string MissingSentence(std::string_view plan_config) {
  const Json told = OnlyMissingJson(plan_config);
  if (told.is_null()) return {};
  const auto count = [&](const char* key) { return told.value(key, std::uint64_t{0}); };
  std::string text = fmt::format("{} of {} lines; topic {} has {}", Thousands(count("missing")),
                                 Thousands(count("lines")), told.value("topic", std::string()),
                                 Thousands(count("there")));
  const auto add = [&](const char* key, const char* what, bool sent) {
    if (count(key) == 0) return;
    text += fmt::format(", {} {} ({})", Thousands(count(key)), what, sent ? "sent" : "not sent");
  };
  add("partly", "in part", told.value("sends_partly", false));
  add("outside", "are older than it can tell", told.value("sends_outside", false));
  add("foreign", "are another service's", false);
  return text;
}

PlanSums SumsOf(const PlannedJob& job) {
  PlanSums sums;
  for (const PlannedFile& file : job.plan.files) {
    if (file.item.offset == 0) ++sums.files;
    sums.times.Add(file.item.path);
  }
  for (const PlannedShare& share : job.shares) sums.bytes += share.bytes;
  return sums;
}

std::string PlannedJson(const PlannedJob& job, const std::vector<NextStep>& next) {
  const PlanSums sums = SumsOf(job);
  return ToDocument(
      {{"job", job.plan.job_id},
       {"plan_hash", job.hash},
       {"existed", job.existed},
       {"begun", NameOf(job.plan.begun)},
       {"destination", Describe(job.destination)},
       {"files", sums.files},
       {"parts", job.plan.files.size()},
       {"stored_bytes", sums.bytes},
       {"first", TimeOrNull(sums.times.first)},
       {"last", TimeOrNull(sums.times.last)},
       {"total_workers", job.plan.total_workers},
       {"workers", SharesJson(job.shares)},
       {"ignored", ToJson(job.ignored)},
       {"checked",
        {{"filters", OrNull(job.checked.filters)}, {"replayed", OrNull(job.checked.replayed)}}},
       {"only_missing", OnlyMissingJson(job.plan.config)},
       {"expected_seconds", job.expected ? Json(job.expected->seconds) : Json(nullptr)},
       {"warnings", job.warnings},
       {"next", ToJson(next)}});
}

}  // namespace reprocess
