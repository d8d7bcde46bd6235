// What a plan's lines are likely to be, from the beginnings of a few of its files: how many there are,
// of which streams, and what would become of them.
//
//   sampled    at most kSampledFiles files, spread over the list, of each the first 256 KiB of text
//   estimate   lines are those read, times all stored bytes over those read
//   errors     a file that cannot be read is left out, and told in `warnings`; kStopped
//   threads    one at a time
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/settings.h"
#include "model/storage.h"
#include "model/stream_map.h"
#include "plan/inspect.h"
#include "store/queries.h"

namespace reprocess {

inline constexpr std::size_t kSampledFiles = 8;

struct DaySum {
  std::uint64_t files = 0, bytes = 0;  // stored
};

struct PlanSample {
  std::uint64_t lines = 0, sent = 0, skipped = 0, errors = 0;  // all lines of the plan; estimated
  bool whole = false;                    // … but where every file was read to its end: counted
  std::map<std::string, Tally> streams;  // of the sampled lines
  std::map<std::string, DaySum> days;    // of all files, by the day in their names; or kNoName
  std::vector<SampleLine> samples;       // some that would be sent, and one for each reason why not
  bool destinations_checked = false;     // as in plan/inspect.h
  std::vector<std::string> warnings;
};

// `streams`: nullptr where there is no repository.
Result<PlanSample> SamplePlan(const PlannedFiles& files, JobConfig config, const StreamMap* streams,
                              const Settings& settings, Storage& storage,
                              const std::stop_token& stop);

}  // namespace reprocess
