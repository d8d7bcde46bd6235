#include "views/plan.h"

#include "model/time_text.h"
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

Json TimeOrNull(std::optional<WallTime> time) {
  return time ? Json(FormatRfc3339(*time)) : Json(nullptr);
}

Json SharesJson(const std::vector<PlannedShare>& shares) {
  Json list = Json::array();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    list.push_back({{"worker", i}, {"files", shares[i].files}, {"stored_bytes", shares[i].bytes}});
  }
  return list;
}

}  // namespace

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
       {"expected_seconds", job.expected ? Json(job.expected->seconds) : Json(nullptr)},
       {"warnings", job.warnings},
       {"next", ToJson(next)}});
}

}  // namespace reprocess
