#include "jobs/start_job.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "jobs/only_missing.h"
#include "jobs/standing.h"
#include "model/checkpoint.h"
#include "plan/make_plan.h"
#include "plan/plan_config.h"
#include "replay/new_owner.h"

namespace reprocess {
namespace {

constexpr char kStarting[] = "jobs being started";
constexpr Milliseconds kTurn{30'000}, kMostWait{30'000}, kLook{200};

// Jobs are announced one at a time, whichever process does it. Where the table for it cannot be made,
// nothing holds two back.
class Turn {
 public:
  explicit Turn(Database& database) : store_(database.NewClusterStore()) {}
  ~Turn() {
    if (lease_) (void)store_->ReleaseLease(*lease_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  Result<void> Await(Clock& clock, const std::stop_token& stop) {
    if (!store_->Available()) return {};
    const std::string owner = NewOwner().id;
    const SteadyTime deadline = clock.Now() + kMostWait;
    for (;;) {
      TRY(lease_, store_->TakeLease(kStarting, owner, kTurn));
      if (lease_) return {};
      if (clock.Now() > deadline || !clock.SleepFor(kLook, stop)) break;
    }
    return std::unexpected(Error{.remedy = Remedy::kWait,
                                 .what = "start the job: another one is being started",
                                 .where = {},
                                 .hint = "try again in a moment"});
  }

 private:
  const std::unique_ptr<ClusterStore> store_;
  std::optional<Lease> lease_;
};

// Its row may lag behind, where nobody keeps a job that runs on Kubernetes: one whose every shard has
// come to its end sends nothing more.
Result<bool> HasSentAll(const std::string& job_id, Queries& queries) {
  TRY(const JobSummary job, queries.Job(job_id));
  TRY(const auto shards, queries.Shards(job_id));
  if (static_cast<int>(shards.size()) < std::max(1, job.total_workers)) return false;
  return std::ranges::all_of(shards, [](const ShardSummary& shard) {
    return shard.checkpoint && shard.checkpoint->state != ShardState::kRunning &&
           !HasMoreToDo(shard);
  });
}

Result<void> CheckNobodySendsIt(const std::string& job_id, const Destination& destination,
                                Queries& queries) {
  TRY(const auto overlaps, queries.BeingSent(job_id));
  for (const PlanOverlap& other : overlaps) {
    const auto target = ReadPlanConfig(other.config).destination;
    if (!target || target->kind != Destination::kKafka || target->topic != destination.topic) {
      continue;
    }
    TRY(const bool over, HasSentAll(other.job_id, queries));
    if (over) continue;
    return Fatal(
        fmt::format("start the job: job {} sends {} of its files, or is about to; the first is {}",
                    other.job_id, other.files, other.path),
        job_id, "wait until that one has ended, or cancel it; then start this one",
        Code::kConflict);
  }
  return {};
}

Result<void> CheckReplayed(const StartRequest& request, const Settings& settings,
                           const World& world, Queries& queries, const std::stop_token& stop) {
  const PlannedJob& job = request.job;
  if (job.destination.kind != Destination::kKafka) return {};
  const auto storage = world.make_storage(settings, {}, {});
  TRY(const std::string replayed,
      ReplayedOfPlan(job.plan, job.destination, queries, *storage, stop));
  if (replayed.empty() || request.again) return {};
  return Fatal("start the job: " + replayed, job.plan.job_id,
               "plan it with what is new alone, or say that all lines are to be sent once more",
               Code::kReplayed);
}

}  // namespace

Result<void> BeginAlone(const std::string& job_id, const Destination& destination,
                        const World& world, Queries& queries, const std::stop_token& stop,
                        const std::function<Result<void>()>& begin) {
  if (destination.kind != Destination::kKafka) return begin();
  Turn turn(world.database);
  TRY_OK(turn.Await(world.clock, stop));
  TRY_OK(CheckNobodySendsIt(job_id, destination, queries));
  return begin();
}

Result<void> StartJob(const StartRequest& request, const Settings& settings,
                      const KafkaSettings& kafka, Launcher& launcher, const World& world,
                      const std::stop_token& stop) {
  const PlannedJob& job = request.job;
  const auto queries = world.database.NewQueries();
  if (job.plan.begun != Begun::kNot) return launcher.Start(request, stop);
  TRY_OK(BeginAlone(job.plan.job_id, job.destination, world, *queries, stop,
                    [&] { return queries->SetStarting(job.plan.job_id, true); }));
  Result<void> started = CheckReplayed(request, settings, world, *queries, stop);
  if (started) {
    started = CheckStillMissing(
        job.plan, *queries,
        {KafkaOfPlan(kafka, job.plan.config), settings, world.make_storage, stop});
  }
  if (started) started = launcher.Start(request, stop);
  if (!started) (void)queries->SetStarting(job.plan.job_id, false);
  return started;
}

}  // namespace reprocess
