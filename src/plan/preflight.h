// Looks at what can be wrong outside of a job before anything of it is stored or sent: the target,
// the consumer groups to be kind to, and the filters. Each answers in words for the plan that an
// operator is shown.
//
//   errors     what would end the job or lose its lines, with the remedy
//   warnings   what may be meant
//   threads    one at a time; waits for brokers, up to settings.start_timeout
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/counters.h"
#include "model/job_config.h"
#include "model/settings.h"
#include "model/stream_map.h"

namespace reprocess {

enum class Rehearsal : bool { kNo, kYes };  // kYes: of a dry run, which makes no topic

// Checks that the topic is there, that the groups of a lag limit have offsets on it, and that
// transactions may be used as `config.delivery` asks: one that sends nothing is tried, under an id
// of its own.
Result<std::string> CheckTarget(KafkaSettings kafka, const Settings& settings,
                                const JobConfig& config, Rehearsal rehearsal,
                                const std::stop_token& stop, std::vector<std::string>& warnings);

// Checks that the repository has each of these connections. `option` gave them.
Result<void> CheckConnections(std::string_view option, const std::vector<std::string>& ids,
                              const StreamMap& streams);

// Checks that the repository (nullptr: there is none) knows the connections to send with. A stream
// that it does not know may be a slug, so that is only a warning.
Result<std::string> CheckFilters(const JobConfig& config, const StreamMap* streams,
                                 std::vector<std::string>& warnings);

// A sentence where there were messages and the filters let none of them pass; else empty.
std::string FiltersLetNothingPass(const Counters& counters);

}  // namespace reprocess
