// `--only-missing`: a job that sends only what its topic lacks (docs/only-missing.md).
//
//   plan       its files are cut down to the lines that are missing, as ranges or, where they lie
//              widely scattered, as a set (model/line_set.h), each file pinned to the version that
//              was read; what was found, and up to where the topic was read, is kept in the job's
//              configuration
//   start      what came into the topic since is looked at, and what other jobs have done: where a line
//              that is about to be sent may have arrived meanwhile, the plan is no longer right
//   errors     kConflict: decide about lines that cannot be told of; kChanged: plan again; kNotFound:
//              nothing is missing
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
#include "store/queries.h"

namespace reprocess {

struct OnlyMissing {
  bool send_partly = true;             // lines that went to some of their connections
  std::optional<bool> send_outside{};  // … that are older than what the topic still has
  MissingLook look{};
  std::function<void(const MissingProgress&)> progress{};  // may be absent
  // Told what was found, as the plan remembers it, before it is judged; may be absent.
  std::function<void(const std::string& json)> found{};
};

struct OnlyMissingWorld {
  KafkaSettings kafka;  // of a stored plan: with its brokers and topic
  Settings settings;
  StorageMaker make_storage;
  std::stop_token stop;
};

// Keeps of a new plan's files what the topic lacks.
Narrow NarrowToMissing(OnlyMissing asked, OnlyMissingWorld world);

// Of a plan, stored or not: whether none of its lines has come into the topic since it was made. No
// question of jobs that are not --only-missing.
Result<void> CheckTail(const Plan& plan, const OnlyMissingWorld& world);

// Of a stored plan that nobody has begun: whether it sends nothing that has come into the topic since,
// and no other job has sent lines of its files.
Result<void> CheckStillMissing(const Plan& plan, Queries& queries, const OnlyMissingWorld& world);

}  // namespace reprocess
