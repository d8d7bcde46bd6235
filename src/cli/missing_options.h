// `--only-missing` of the commands that plan a new job.
#pragma once

#include "cli/command.h"
#include "cli/options.h"
#include "config/worker_config.h"
#include "missing/find_missing.h"
#include "model/destination.h"
#include "plan/make_plan.h"

namespace reprocess {
namespace option {

inline std::string SendOrSkip() {
  return "send skip";
}

inline constexpr Option kOnlyMissing{kWhat, "--only-missing", "",
                                     "only lines that the topic lacks (docs/only-missing.md)"},
    kOutside{kWhat, "--outside", "HOW", "lines older than what the topic still has: send or skip",
             false, SendOrSkip},
    kPartly{kWhat, "--partly",
            "HOW", "lines that went to some of their connections: send (default) or skip",
            false, SendOrSkip},
    kForeign{kWhat, "--foreign",
             "HOW", "lines without an origin, another service's: send or skip (default)",
             false, SendOrSkip},
    kSince{kWhat, "--since", "TIME",
           "only records from TIME on count; older lines are outside then"},
    kShardTopics{kWhat, "--shard-topics", "", "... also against those of topics NAME-shardN"},
    kMissingMemory{kHow, "--memory", "MIB",
                   "for values of --only-missing (default 1024: 13 million lines a pass)"};

}  // namespace option

Result<MissingLook> MissingLookOf(const Given& given);

// Empty where it was not asked for. `destination`: the new job's.
Result<Narrow> NarrowOf(const Given& given, const EnvironmentConfig& config,
                        const std::optional<Destination>& destination,
                        const Environment& environment);

}  // namespace reprocess
