#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "jobs/only_missing.h"
#include "jobs/run_here.h"
#include "jobs/start_job.h"
#include "kafka/committed.h"
#include "kafka/kafka_sink.h"
#include "model/time_text.h"
#include "plan/make_plan.h"
#include "plan/plan_config.h"
#include "plan/preflight.h"
#include "plan/retry.h"
#include "plan/shares.h"
#include "worker/await_database.h"

namespace reprocess {
namespace {

constexpr Milliseconds kOperatorWaits{10'000};  // for brokers that do not answer, before the start
constexpr Milliseconds kOldPlan{60'000};        // what the topic lacks may be less by then

void SetKafka(const RunRequest& request, PreparedRun& run) {
  run.kafka = request.kafka;
  const std::string asked = request.destination ? request.destination->brokers : "";
  run.kafka.brokers = !asked.empty()                   ? asked
                      : !request.kafka.brokers.empty() ? request.kafka.brokers
                                                       : run.destination.brokers;
  run.destination.brokers = run.kafka.brokers;
  run.kafka.topic = run.destination.topic;
}

void Tell(const RunRequest& request, Step step) {
  if (request.step) request.step(step);
}

// A resumed job's target was looked at when it was new; but its topic may have gone since.
Result<void> CheckTheTarget(const RunRequest& request, PreparedRun& run,
                            const std::stop_token& stop) {
  Settings patience = request.settings;
  patience.start_timeout = std::min(patience.start_timeout, kOperatorWaits);
  if (run.destination.kind == Destination::kKafka) {
    SetKafka(request, run);
    Tell(request, Step::kKafka);
    if (run.resumed) return CheckTopic(run.kafka, patience, stop);
    TRY(run.checked.target,
        CheckTarget(run.kafka, patience, run.config, Rehearsal::kNo, stop, run.warnings));
    return {};
  }
  // A dry run that is told where to looks at it as the run would.
  if (run.destination.kind != Destination::kNone || run.resumed || request.kafka.brokers.empty()) {
    return {};
  }
  if (request.kafka.topic.empty()) {
    run.warnings.emplace_back("no --topic: where the run would send to is not checked");
    return {};
  }
  Tell(request, Step::kKafka);
  auto checked =
      CheckTarget(request.kafka, patience, run.config, Rehearsal::kYes, stop, run.warnings);
  if (!checked) return std::unexpected(WithContext("the run would fail", checked.error()));
  run.checked.target = *std::move(checked);
  return {};
}

Result<void> AskRepository(const RunRequest& request, PreparedRun& run,
                           const std::stop_token& stop) {
  if (!request.repository.url.empty()) Tell(request, Step::kRepository);
  TRY(run.streams, FetchRepository(request.repository, stop));
  return {};
}

// Everything outside that can be wrong, before anything is stored.
Result<void> CheckSurroundings(const RunRequest& request, PreparedRun& run,
                               const std::stop_token& stop) {
  TRY_OK(CheckTheTarget(request, run, stop));
  const bool checked_before = run.resumed || request.retry;
  const bool asks = run.config.only_connections.empty() || !checked_before;
  if (asks && !run.streams) TRY_OK(AskRepository(request, run, stop));
  if (checked_before) return {};
  TRY(run.checked.filters, CheckFilters(run.config, run.streams.get(), run.warnings));
  return {};
}

std::size_t ShardsAsked(const RunRequest& request) {
  const std::size_t asked = request.shards > 0 ? static_cast<std::size_t>(request.shards)
                                               : std::thread::hardware_concurrency();
  return std::clamp<std::size_t>(asked, 1, kMostShards);
}

// Once its files are known: at most one shard a file.
void NameAndShare(const RunRequest& request, WallTime now, PreparedRun& run) {
  run.shards = static_cast<int>(std::min(ShardsAsked(request), run.files.size()));
  run.job_id = request.job_id.empty() ? NewJobId(now) : request.job_id;
}

PlanSource SourceOf(const RunRequest& request) {
  return {.paths = request.paths, .version_id = request.version_id, .manifest = request.manifest};
}

// An error, unless `again` says so or whoever is asked.
Result<void> ConfirmAgain(const RunRequest& request, const std::string& why, std::string hint,
                          PreparedRun& run) {
  if (request.again) {
    run.warnings.push_back(why);
  } else if (!request.ask_again || !request.ask_again(why)) {
    return Fatal("plan job: " + why, {}, std::move(hint), Code::kReplayed);
  }
  return {};
}

// Sending a file into Kafka that an earlier job has sent is rarely meant.
Result<Plan> PlanAnew(const RunRequest& request, Queries& queries, Storage& storage, WallTime now,
                      PreparedRun& run, const std::stop_token& stop) {
  TRY(run.destination, DestinationOfNewJob(request.destination, request.kafka));
  TRY_OK(AskRepository(request, run, stop));
  Tell(request, Step::kFiles);
  TRY(NewPlan plan, MakePlan({SourceOf(request), request.job_id, request.given, run.destination,
                              static_cast<int>(ShardsAsked(request)), request.new_only,
                              request.narrow, run.streams.get()},
                             queries, storage, run.warnings, stop));
  run.checked.replayed = std::move(plan.compared);
  if (!plan.replayed.empty()) {
    TRY_OK(ConfirmAgain(request, plan.replayed,
                        "--new-only sends what is new alone, --again sends all lines once more",
                        run));
  }
  run.config = std::move(plan.config);
  run.ignored = std::move(plan.ignored);
  for (const PlannedFile& file : plan.files) run.files.push_back(file.item);
  NameAndShare(request, now, run);
  return Plan{run.job_id, run.config.json, run.shards, std::move(plan.files)};
}

Result<Plan> PlanTheRetry(const RunRequest& request, Queries& queries, Storage& storage,
                          WallTime now, PreparedRun& run, const std::stop_token& stop) {
  RetryRequest asked = *request.retry;
  const auto plan_of = [&](const RetryRequest& of) {
    return PlanRetry(of, request.kafka, queries, storage,
                     PatienceWithTransactions(request.settings, stop, LogWaiting), stop);
  };
  TRY(Retry retry, plan_of(asked));
  // What failed again in a retry of all of it is what is left of this job.
  while (!request.again && !asked.repaired && !retry.all_taken_up.empty()) {
    const std::string warning = fmt::format(
        "job {} has taken up all of this: retrying what failed again there", retry.all_taken_up);
    asked.job_id = retry.all_taken_up;
    TRY(retry, plan_of(asked));
    retry.warnings.push_back(warning);
  }
  run.retry_of = std::move(asked.job_id);
  run.earlier_retries = std::move(retry.earlier);
  run.destination = *retry.config.destination;
  if (request.destination && !request.destination->brokers.empty()) {
    run.destination.brokers = request.destination->brokers;
  }
  run.warnings = std::move(retry.warnings);
  std::ranges::move(retry.config.warnings, std::back_inserter(run.warnings));
  TRY(run.config, std::move(retry.config.job));
  TRY(run.config.json, PlanConfigText(run.config, run.destination));
  for (const PlannedFile& file : retry.files) run.files.push_back(file.item);
  NameAndShare(request, now, run);
  if (!retry.taken_up.empty()) {
    TRY_OK(ConfirmAgain(request, retry.taken_up,
                        "retry that job for what failed again there, or name what is left of this "
                        "one with --reason; --again sends once more what that job has sent",
                        run));
  }
  return Plan{run.job_id, run.config.json, run.shards, PlannedFiles(retry.files)};
}

Result<void> Resume(const RunRequest& request, const Plan& plan, Storage& storage, PreparedRun& run,
                    const std::stop_token& stop) {
  run.resumed = plan.begun != Begun::kNot;
  run.job_id = plan.job_id;
  run.shards = plan.total_workers;
  for (const auto& file : plan.files) run.files.push_back(file.item);
  if (plan.begun == Begun::kElsewhere) {
    return Fatal("run job: its plan was submitted elsewhere", plan.job_id,
                 "`reprocess status` shows what it does", Code::kConflict);
  }
  PlanConfig planned = ReadPlanConfig(plan.config);
  if (!planned.destination || run.files.empty()) {
    return Fatal("resume job: it has no plan of `reprocess run`", plan.job_id,
                 "it was made by another program: start a new job", Code::kConflict);
  }
  run.destination = *std::move(planned.destination);
  TRY(run.config, std::move(planned.job));
  run.warnings = std::move(planned.warnings);
  JobConfig asked = request.given;
  TRY_OK(ResolveStart(asked, plan.files));
  TRY_OK(CheckAgainstPlan(plan.config, asked, request.destination));
  const int most = static_cast<int>(std::min<std::size_t>(run.files.size(), kMostShards));
  if (request.shards > 0 && std::min(request.shards, most) != run.shards) {
    return Fatal(
        fmt::format("resume job: its plan has {} shards, not {}", run.shards, request.shards),
        plan.job_id, "leave --shards out to go on as planned", Code::kConflict);
  }
  if (!request.version_id.empty() && request.version_id != run.files.front().version_id) {
    return Fatal("resume job: its plan is of another version of the object", plan.job_id,
                 "leave --version-id out to go on as planned", Code::kConflict);
  }
  TRY(SourceNow now, CompareWithPlan(SourceOf(request), run.config, plan, storage, stop));
  run.ignored = std::move(now.ignored);
  run.changed = std::move(now.changed);
  return {};
}

// The job's new limit is stored before anything goes on under it. What others have begun to send since
// it ended is not sent at the same time.
Result<void> RaiseLimit(const RunRequest& request, const Plan& plan, Queries& queries,
                        const World& world, PreparedRun& run, const std::stop_token& stop) {
  if (!request.more_limit) return {};
  TRY(const std::string config, WithLimitRaised(plan.config, *request.more_limit));
  TRY(run.config, ReadPlanConfig(config).job);
  return BeginAlone(plan.job_id, run.destination, world, queries, stop,
                    [&] { return queries.GiveMoreToDo(plan.job_id, config); });
}

// A plan that nobody has begun is this run's from now on.
Result<void> TakeUp(const RunRequest& request, const Plan& plan, Queries& queries,
                    const World& world, PreparedRun& run, const std::stop_token& stop) {
  if (plan.begun != Begun::kNot) return {};
  const auto storage = world.make_storage(request.settings, {}, {});
  TRY(const auto replayed, ReplayedOfPlan(plan, run.destination, queries, *storage, stop));
  if (!replayed.empty()) {
    TRY_OK(ConfirmAgain(request, replayed,
                        "plan a job with --new-only, or send all lines once more with --again",
                        run));
  }
  TRY_OK(CheckStillMissing(plan, queries, {run.kafka, request.settings, world.make_storage, stop}));
  return BeginAlone(plan.job_id, run.destination, world, queries, stop,
                    [&] { return queries.TakeUpPlan(plan.job_id, plan.config); });
}

// The second pass over failed files would send once more what a retry has sent of them.
Result<void> CheckNotRetried(const RunRequest& request, Queries& queries, PreparedRun& run) {
  TRY(const auto why, FailedFilesTakenUp(run.job_id, queries));
  if (why.empty()) return {};
  return ConfirmAgain(request, why, "go on with that job; --again sends once more what it has sent",
                      run);
}

// What earlier runs of a shard did: its worker's row knows no decompressed bytes.
Counters DoneBefore(const ShardSummary& shard) {
  return shard.checkpoint ? shard.checkpoint->shard : shard.worker.counters;
}

void Weigh(PreparedRun& run) {
  ShareSums sums(run.shards, run.config.start_file);
  for (const FileItem& file : run.files) sums.Add(file.path, ListedBytes(file));
  for (const PlannedShare& share : sums.shares()) {
    run.shard_bytes.push_back(share.bytes);
    run.bytes += share.bytes;
  }
}

// A job of this name that has no plan: its files are known to whoever made it.
Result<void> CheckNotForeign(const RunRequest& request, Queries& queries) {
  const auto job = queries.Job(request.job_id);
  if (!job)
    return job.error().code == Code::kNotFound ? Result<void>() : std::unexpected(job.error());
  return Fatal(
      "resume job: it was not planned by `reprocess run`", request.job_id,
      fmt::format("`reprocessing-worker` goes on with it, with JOB_ID={} and the files.json "
                  "and config.json of whoever made it; or choose another name",
                  request.job_id),
      Code::kConflict);
}

Result<void> CheckNotCancelled(const std::string& job_id, Queries& queries) {
  TRY(const JobSummary job, queries.Job(job_id));
  if (job.status != NameOf(WorkerStatus::kCancelled)) return {};
  return Fatal("run job: it is cancelled, and that is final", job_id, "plan a new job",
               Code::kConflict);
}

// Two that were planned at the same time would send the same lines.
Result<void> CheckNoOtherRetry(const PreparedRun& run, Queries& queries) {
  TRY(const auto retries, queries.RetriesOf(run.retry_of));
  for (const std::string& id : retries) {
    if (std::ranges::find(run.earlier_retries, id) != run.earlier_retries.end()) continue;
    return Fatal("retry: another retry of this job was begun meanwhile: " + id, run.retry_of,
                 "try again when it has ended: what it sent is left out then", Code::kConflict);
  }
  return {};
}

// It is begun once it is stored, when its files are compared with those that others send.
Result<void> StoreNew(const RunRequest& request, Plan plan, PreparedRun& run, Queries& queries,
                      const World& world, const std::stop_token& stop) {
  run.expected = Expect(run.destination.kind, run.bytes, queries);
  const SteadyTime asked = world.clock.Now();
  if (request.confirm && !request.confirm(run)) {
    return Fatal("run: not confirmed, nothing was stored and nothing sent", {},
                 "answer yes, or add --yes");
  }
  if (world.clock.Now() - asked > kOldPlan) {  // somebody has slept over it
    TRY_OK(CheckTail(plan, {run.kafka, request.settings, world.make_storage, stop}));
  }
  const bool alone = request.begun == Begun::kHere && !request.retry;
  plan.begun = alone ? Begun::kNot : request.begun;
  plan.call = request.call;
  if (request.retry) {
    return BeginAlone(plan.job_id, run.destination, world, queries, stop, [&]() -> Result<void> {
      if (!request.again) {
        TRY_OK(CheckNoOtherRetry(run, queries));
      }
      return queries.StorePlan(plan);
    });
  }
  TRY_OK(queries.StorePlan(plan));
  if (!alone) return {};
  return BeginAlone(plan.job_id, run.destination, world, queries, stop,
                    [&] { return queries.TakeUpPlan(plan.job_id, plan.config); });
}

}  // namespace

Result<PreparedRun> PrepareRun(const RunRequest& request, const World& world,
                               const std::stop_token& stop) {
  const auto queries = world.database.NewQueries();
  TRY_OK(queries->Available());
  std::optional<Plan> stored;
  if (!request.job_id.empty()) {
    TRY(stored, queries->LoadPlan(request.job_id));
    TRY_OK(stored ? CheckNotCancelled(request.job_id, *queries)
                  : CheckNotForeign(request, *queries));
  }
  const auto storage = world.make_storage(request.settings, {}, {});
  const WallTime now = world.clock.Wall();
  PreparedRun run;
  std::optional<Plan> made;
  Tell(request, request.retry ? Step::kKafka : Step::kFiles);
  if (stored && request.retry) {
    return Fatal("retry: there is a job of this name", request.job_id,
                 "`reprocess run --job` goes on with it; or choose another name", Code::kConflict);
  }
  if (request.retry) {
    TRY(made, PlanTheRetry(request, *queries, *storage, now, run, stop));
    TRY_OK(CheckSurroundings(request, run, stop));
  } else if (stored) {
    TRY_OK(Resume(request, *stored, *storage, run, stop));
    TRY_OK(CheckNotRetried(request, *queries, run));
    TRY_OK(CheckSurroundings(request, run, stop));
    TRY_OK(TakeUp(request, *stored, *queries, world, run, stop));
    TRY_OK(RaiseLimit(request, *stored, *queries, world, run, stop));
    TRY(const auto shards, queries->Shards(run.job_id));
    for (const auto& shard : shards) run.before += DoneBefore(shard);
  } else {
    if ((request.paths.empty() && request.manifest.empty()) || request.more_limit) {
      return Fatal("resume job: no such job", request.job_id,
                   "give the PATH of its files to start it", Code::kNotFound);
    }
    TRY(made, PlanAnew(request, *queries, *storage, now, run, stop));
    TRY_OK(CheckSurroundings(request, run, stop));
  }
  if (run.config.dry_run) run.before = {};
  if (!run.streams && LooksUp(run.config)) {
    run.warnings.push_back(
        "no streams repository and no connection ids: a message that names a stream is an error "
        "line (give --repository-url or --connection)");
  }
  Weigh(run);
  if (made) TRY_OK(StoreNew(request, *std::move(made), run, *queries, world, stop));
  return run;
}

}  // namespace reprocess
