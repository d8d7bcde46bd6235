// Plans jobs for whoever does not wait for it: a plan of a million files takes as long as it takes.
//
//   id         the job's, known before it is planned. A plan that is made is in the database, so it is
//              found again by whoever is started after this process
//   bounded    a few at a time, the others wait; what has not begun to be planned when this ends is
//              not planned
//   memory     plans of two million files together are kept, and 32 at most; others are read again
//   ready      when the plan is stored. What its sample says, and whether the launcher would take it,
//              comes after that
//   threads    its own, one a plan at work; calls from any
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "jobs/launcher.h"
#include "jobs/only_missing.h"
#include "jobs/plan_job.h"
#include "jobs/sample_job.h"
#include "worker/run_shard.h"

namespace reprocess {

struct PlanState {
  enum class Kind : std::uint8_t {
    kPlanning,
    kReady,    // `job` is stored, and nobody has begun it
    kStarted,  // somebody has begun, or cancelled it
    kRefused,  // by `error`: nothing was stored, or the launcher cannot run it
  };
  Kind kind = Kind::kPlanning;
  std::string waits_for{};       // kPlanning: for people
  std::optional<Error> error{};  // kRefused
  // What its topic lacks, as the plan remembers it; empty: not asked, or not known yet.
  std::string missing{};
  std::shared_ptr<const PlannedJob> job{};     // kReady, kStarted
  std::shared_ptr<const PlanSample> sample{};  // when there is one
  std::vector<std::string> warnings{};         // the launcher's and the sample's
  bool checking = false;                       // kReady: sample and warnings are not all there yet
};

class Planner {
 public:
  // What the sample's lines are judged by, and how its files are read.
  struct Options {
    Settings settings{};
    RepositoryAccess repository{};
  };
  // Both are borrowed.
  Planner(const World& world, Launcher& launcher, Options options);
  ~Planner();
  Planner(const Planner&) = delete;

  // Of a job that sends what its topic lacks alone, and where that is read.
  struct Missing {
    OnlyMissing asked;
    KafkaSettings kafka;
  };

  // The job's id, a new one where it is not named. An error with Remedy::kRetry where too many wait; kConflict: a plan of this name is
  // being made.
  Result<std::string> Begin(PlanJobRequest request, std::optional<Missing> missing = {});
  // kNotFound where there is no such plan.
  Result<PlanState> StateOf(const std::string& id);

 private:
  // Lives as long as somebody works on it, also when another has taken its place.
  struct Entry {
    std::string id{};
    PlanJobRequest request{};
    std::optional<Missing> missing{};
    PlanState state{};
    std::uint64_t used = 0;  // when it was asked for last
  };
  using Kept = std::shared_ptr<Entry>;

  void Work(const std::stop_token& stop);
  Narrow NarrowFor(Entry& entry, const std::stop_token& stop);
  void Plan(Entry& entry, const std::stop_token& stop);
  void Examine(Entry& entry, const std::stop_token& stop);
  void Forget();
  Result<PlanState> Stored(const std::string& id, const JobSummary& job);

  const World& world_;
  Launcher& launcher_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Kept> entries_;
  std::deque<Kept> to_plan_, to_examine_;
  std::uint64_t uses_ = 0;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace reprocess
