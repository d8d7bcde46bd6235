// Verifies jobs for whoever does not wait for it (verify/verify.h), one after the other: each takes as
// much memory as there are keys. Verdicts are kept in the database, with the job.
//
//   threads    one of its own; calls from any
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.h"
#include "model/settings.h"
#include "store/queries.h"
#include "worker/run_shard.h"

namespace reprocess {

struct VerificationState {
  enum class Kind : std::uint8_t {
    kNone,     // nobody has verified it
    kRunning,  // or it waits for its turn
    kDone,     // `verdict`
    kFailed,   // `error`: what kept it from being verified
  };
  Kind kind = Kind::kNone;
  std::optional<Error> error{};
  std::optional<VerifyResult> verdict{};  // the last one that there is
};

class Verifications {
 public:
  // `kafka`: where a job's own configuration names none. `world` is borrowed.
  Verifications(const World& world, KafkaSettings kafka, Settings settings);
  ~Verifications();
  Verifications(const Verifications&) = delete;

  // kNotFound: no such job. One that is being verified is left to it.
  Result<void> Start(const std::string& job_id);
  Result<VerificationState> StateOf(const std::string& job_id);

 private:
  void Work(const std::stop_token& stop);
  Result<void> Verify(const std::string& job_id, const std::stop_token& stop);

  const World& world_;
  const KafkaSettings kafka_;
  const Settings settings_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::string> waiting_;  // the first is at work
  std::map<std::string, Error> failed_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace reprocess
