// `--only-missing`: a job that sends only what its topic lacks (docs/only-missing.md).
//
//   plan       its files are cut down to the lines that are missing, as ranges, each file pinned to the
//              version that was read; what was found, and up to where the topic was read, is kept in
//              the job's configuration
//   start      what came into the topic since is looked at: where a line that is about to be sent has
//              arrived meanwhile, the plan is no longer right
//   errors     kConflict: decide about lines that cannot be told of, or plan again; kNotFound: nothing
//              is missing; kUnsupported: too many stretches
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "missing/find_missing.h"
#include "plan/make_plan.h"
#include "storage/make_storage.h"

namespace reprocess {

// Stretches of lines of one file; more would make a list that nobody can store.
inline constexpr std::size_t kMostStretches = 100'000;

struct OnlyMissing {
  bool send_partly = true;             // lines that went to some of their connections
  std::optional<bool> send_outside{};  // … that are older than what the topic still has
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  // Which connections a line would go to; no URL: it is not asked.
  std::string repository_url{}, repository_auth_token{};
  std::function<void(const MissingProgress&)> progress{};  // may be absent
};

struct OnlyMissingWorld {
  KafkaSettings kafka;  // with the job's brokers and topic
  Settings settings;
  StorageMaker make_storage;
  std::stop_token stop;
};

// Keeps of a new plan's files what the topic lacks.
Narrow NarrowToMissing(OnlyMissing asked, OnlyMissingWorld world);

// Of a plan that nobody has begun: whether it sends nothing that has come into the topic since. No
// question of others.
Result<void> CheckStillMissing(const Plan& plan, const OnlyMissingWorld& world);

}  // namespace reprocess
