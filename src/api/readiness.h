// Whether the service can do its work: its database answers, and so does where jobs run.
//
//   asked      anybody may, and often: one answer a second is for all, and who comes while it is found
//              out has the one before
//   threads    any
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>

#include "api/pool.h"
#include "base/clock.h"
#include "base/result.h"
#include "jobs/launcher.h"
#include "store/queries.h"

namespace reprocess {

class Readiness {
 public:
  // All are borrowed.
  Readiness(Pool<Queries>& queries, Launcher& launcher, Clock& clock)
      : queries_(queries), launcher_(launcher), clock_(clock) {}

  // kWait: which of them does not answer.
  Result<void> Now(const std::stop_token& stop);

 private:
  Result<void> Ask(const std::stop_token& stop);

  Pool<Queries>& queries_;
  Launcher& launcher_;
  Clock& clock_;
  std::mutex asking_, mutex_;
  std::optional<Result<void>> last_;
  SteadyTime until_{};
};

}  // namespace reprocess
