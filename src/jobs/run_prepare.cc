#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <string_view>
#include <thread>
#include <unordered_map>

#include <fmt/format.h>

#include "config/repository.h"
#include "jobs/run_here.h"
#include "kafka/kafka_sink.h"
#include "model/time_text.h"
#include "plan/already_replayed.h"
#include "plan/plan_config.h"
#include "plan/preflight.h"
#include "plan/retry.h"
#include "plan/split_files.h"

namespace reprocess {
namespace {

constexpr std::size_t kMostShards = 100;
constexpr std::uint64_t kLeastPartBytes = 16 << 20;  // smaller parts would not pay their claim
constexpr Milliseconds kOperatorWaits{10'000};  // for brokers that do not answer, before the start

// start_file as the list has it, when one is asked for.
Result<void> ResolveStart(JobConfig& config, std::string& given,
                          const std::vector<FileItem>& files) {
  if (config.start_file.empty()) return {};
  TRY(config.start_file, ResolveStartFile(files, config.start_file));
  given = WithStartFile(given, config.start_file);
  return {};
}

Result<Destination> DestinationOfNewJob(const RunRequest& request) {
  if (!request.destination && request.kafka.brokers.empty()) {
    return Invalid("plan job: no destination", {},
                   "give --kafka BROKERS --topic NAME, or --out DIR, or --dry-run");
  }
  Destination target = request.destination.value_or(Destination{});
  if (target.kind != Destination::kKafka) return target;
  if (target.brokers.empty()) target.brokers = request.kafka.brokers;
  if (target.topic.empty()) target.topic = request.kafka.topic;
  if (target.brokers.empty()) {
    return Invalid("plan job: no Kafka brokers", {},
                   "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
  }
  if (target.topic.empty()) {
    return Invalid("plan job: no topic to send to", {},
                   "give --topic NAME, or set KAFKA_DESTINATIONS_TOPIC");
  }
  return target;
}

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

// Everything outside that can be wrong, before anything is stored.
Result<void> CheckSurroundings(const RunRequest& request, PreparedRun& run,
                               const std::stop_token& stop) {
  TRY_OK(CheckTheTarget(request, run, stop));
  if (!request.repository_url.empty()) {
    Tell(request, Step::kRepository);
    TRY(run.streams, FetchRepository(request.repository_url, request.repository_auth_token, stop));
    run.has_repository = true;
  }
  if (run.resumed || request.retry) return {};
  TRY(run.checked.filters,
      CheckFilters(run.config, run.has_repository ? &run.streams : nullptr, run.warnings));
  return {};
}

Result<Discovery> FindFiles(const RunRequest& request, Storage& storage, const JobConfig& config,
                            const std::stop_token& stop) {
  if (request.version_id.empty()) {
    return Discover(storage, request.paths, config.date_from, config.date_to);
  }
  return DiscoverVersion(storage, request.paths.front(), request.version_id, stop);
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

// An error, unless `again` says so or whoever is asked.
Result<void> ConfirmAgain(const RunRequest& request, const std::string& why, std::string hint,
                          PreparedRun& run) {
  if (request.again) {
    run.warnings.push_back(why);
  } else if (!request.ask_again || !request.ask_again(why)) {
    return Fatal("plan job: " + why, {}, std::move(hint), Code::kConflict);
  }
  return {};
}

// "2 of 5 files <what> job x and 1 more; the first is …"
std::string Told(const std::vector<SeenFile>& seen, const std::vector<FoundFile>& files,
                 std::string_view one, std::string_view more) {
  std::set<std::string> jobs;
  for (const SeenFile& file : seen) jobs.insert(file.job_id);
  const SeenFile& first = seen.front();
  const std::string& path = files[first.file].item.path;
  return fmt::format(
      "{} of {} files {} job {}{}; the first is {}{}{}", seen.size(), files.size(),
      seen.size() == 1 ? one : more, first.job_id,
      jobs.size() > 1 ? fmt::format(" and {} more", jobs.size() - 1) : "", path,
      first.key_path == path ? "" : ", there " + first.key_path,
      first.seen == Seen::kGrown ? fmt::format(", from byte {} on", first.from) : "");
}

// Takes out what was replayed before.
Result<void> KeepNewOnly(const std::vector<SeenFile>& same, const std::vector<SeenFile>& grown,
                         std::vector<FoundFile>& files) {
  std::set<std::size_t> gone;
  for (const SeenFile& file : same) gone.insert(file.file);
  for (const SeenFile& seen : grown) {
    FoundFile& file = files[seen.file];
    file.item.ranges = std::vector<ByteRange>{{seen.from, UINT64_MAX - seen.from}};
    file.item.etag = file.version_tag;
    if (seen.key_path != file.item.path) file.item.key_path = seen.key_path;
  }
  std::vector<FoundFile> kept;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!gone.contains(i)) kept.push_back(std::move(files[i]));
  }
  files = std::move(kept);
  if (!files.empty()) return {};
  return Fatal("plan job: nothing is new: every file was already replayed", {}, {},
               Code::kNotFound);
}

// Sending a file into Kafka that an earlier job has sent is rarely meant.
Result<void> CheckNotReplayed(const RunRequest& request, Queries& queries, Storage& storage,
                              std::vector<FoundFile>& files, PreparedRun& run,
                              const std::stop_token& stop) {
  if (run.destination.kind != Destination::kKafka) return {};
  TRY(const auto seen, FindReplayed(queries, storage, files, request.job_id, stop));
  std::vector<SeenFile> same, grown, other, unknown, elsewhere;
  for (const SeenFile& file : seen) {
    const bool there = file.topic.empty() || file.topic == run.destination.topic;
    auto& list = file.seen == Seen::kUnknown ? unknown
                 : !there                    ? elsewhere
                 : file.seen == Seen::kSame  ? same
                 : file.seen == Seen::kGrown ? grown
                                             : other;
    list.push_back(file);
  }
  const auto warn = [&](const std::vector<SeenFile>& list, const std::string& what) {
    if (!list.empty()) {
      run.warnings.push_back(Told(list, files, "was " + what, "were " + what));
    }
  };
  if (!elsewhere.empty()) {
    warn(elsewhere, fmt::format("replayed into another topic, {}, by", elsewhere.front().topic));
  }
  warn(other, "replayed in another version, whose lines have the same keys, by");
  warn(unknown, "perhaps replayed already: no hash was kept of what was read by");
  const std::string& topic = run.destination.topic;
  const std::string into = fmt::format("already replayed into topic {}, by", topic);
  const std::string read = fmt::format("replayed into topic {}, so far as it went then, by", topic);
  std::string why = same.empty() ? "" : Told(same, files, "was " + into, "were " + into);
  if (!grown.empty()) {
    why += (why.empty() ? "" : "; ") +
           Told(grown, files, "has grown: it was " + read, "have grown: they were " + read);
  }
  run.checked.replayed = !why.empty()    ? why
                         : !seen.empty() ? run.warnings.back()
                                         : "no job of this database has replayed these files";
  if (why.empty()) return {};
  if (request.new_only) {
    run.warnings.push_back(why + ": left out");
    return KeepNewOnly(same, grown, files);
  }
  return ConfirmAgain(request, why,
                      "--new-only sends what is new alone, --again sends all lines once more", run);
}

Result<Plan> PlanAnew(const RunRequest& request, Queries& queries, Storage& storage, WallTime now,
                      PreparedRun& run, const std::stop_token& stop) {
  std::string given = WithMaxErrors(request.given);
  TRY(run.destination, DestinationOfNewJob(request));
  TRY(run.config, ConfigOfPlan(given, "options", run.warnings));
  TRY(Discovery found, FindFiles(request, storage, run.config, stop));
  TRY_OK(CheckNotReplayed(request, queries, storage, found.files, run, stop));
  found.files = SplitFiles(storage, std::move(found.files), static_cast<int>(ShardsAsked(request)),
                           kLeastPartBytes, stop);
  for (const auto& file : found.files) run.files.push_back(file.item);
  TRY_OK(ResolveStart(run.config, given, run.files));
  run.ignored = std::move(found.ignored);
  NameAndShare(request, now, run);
  run.config.dry_run = run.destination.kind == Destination::kNone;
  run.config.json = PlanConfig(given, run.destination);
  Plan plan{run.job_id, run.config.json, run.shards, {}};
  for (const auto& file : found.files) {
    plan.files.push_back({file.item, file.version_tag, file.last_modified, FileState::kPlanned});
  }
  return plan;
}

Result<Plan> PlanTheRetry(const RunRequest& request, Queries& queries, Storage& storage,
                          WallTime now, PreparedRun& run, const std::stop_token& stop) {
  RetryRequest asked = *request.retry;
  const auto plan_of = [&](const RetryRequest& of) {
    return PlanRetry(of, request.kafka, queries, storage, request.settings, stop);
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
  run.destination = retry.destination;
  if (request.destination && !request.destination->brokers.empty()) {
    run.destination.brokers = request.destination->brokers;
  }
  run.warnings = std::move(retry.warnings);
  TRY(run.config, ConfigOfPlan(retry.given, "stored configuration", run.warnings));
  run.config.json = PlanConfig(retry.given, run.destination);
  for (const PlannedFile& file : retry.files) run.files.push_back(file.item);
  NameAndShare(request, now, run);
  if (!retry.taken_up.empty()) {
    TRY_OK(ConfirmAgain(request, retry.taken_up,
                        "retry that job for what failed again; or add --again", run));
  }
  return Plan{run.job_id, run.config.json, run.shards, std::move(retry.files)};
}

// By how many stored bytes a file differs from what the plan saw.
std::string Changed(const FoundFile& now, const PlannedFile& planned) {
  const std::uint64_t size = now.item.size, before = planned.item.size;
  if (size == before) return now.item.path + ": other bytes";
  return fmt::format("{}: {} bytes {}", now.item.path,
                     size > before ? size - before : before - size,
                     size > before ? "more" : "fewer");
}

// What is found now and differs from the plan.
Result<void> CompareWithPlan(const RunRequest& request, const Plan& plan, Storage& storage,
                             PreparedRun& run, const std::stop_token& stop) {
  if (request.paths.empty()) return {};
  TRY(Discovery found, FindFiles(request, storage, run.config, stop));
  run.ignored = std::move(found.ignored);
  std::unordered_map<std::string_view, const PlannedFile*> plan_of;  // by path
  for (const PlannedFile& file : plan.files) plan_of.try_emplace(file.item.path, &file);
  std::vector<std::string> others;
  for (const auto& file : found.files) {
    const auto planned = plan_of.find(file.item.path);
    if (planned == plan_of.end()) {
      others.push_back(file.item.path);
      continue;
    }
    const std::string& tag = planned->second->version_tag;
    if (!tag.empty() && tag != file.version_tag) {
      run.changed.push_back(Changed(file, *planned->second));
    }
  }
  if (others.empty()) return {};
  return Fatal(
      fmt::format("resume job: {} of {} files {} not in its plan; the first is {}", others.size(),
                  found.files.size(), others.size() == 1 ? "is" : "are", others.front()),
      plan.job_id,
      "leave the PATH out to go on as planned, and start a new job for the others: without "
      "--job, and with --new-only where files of this one lie beside them",
      Code::kConflict);
}

Result<void> Resume(const RunRequest& request, const Plan& plan, Storage& storage, PreparedRun& run,
                    const std::stop_token& stop) {
  run.resumed = true;
  run.job_id = plan.job_id;
  run.shards = plan.total_workers;
  for (const auto& file : plan.files) {
    run.files.push_back(file.item);
    if (IsPart(file.item)) run.files.back().etag = file.version_tag;  // as SplitFiles did
  }
  const auto target = DestinationOfPlan(plan.config);
  if (!target || run.files.empty()) {
    return Fatal("resume job: it has no plan of `reprocess run`", plan.job_id,
                 "it was made by another program: start a new job", Code::kConflict);
  }
  run.destination = *target;
  TRY(run.config, ConfigOfPlan(plan.config, "stored plan", run.warnings));
  run.config.dry_run = target->kind == Destination::kNone;
  std::string given = request.given;
  std::vector<std::string> ignored_warnings;
  TRY(JobConfig asked, ConfigOfPlan(given, "options", ignored_warnings));
  TRY_OK(ResolveStart(asked, given, run.files));
  TRY_OK(CheckAgainstPlan(plan.config, given, request.destination));
  const int most = static_cast<int>(std::min(run.files.size(), kMostShards));
  if (request.shards > 0 && std::min(request.shards, most) != run.shards) {
    return Fatal(
        fmt::format("resume job: its plan has {} shards, not {}", run.shards, request.shards),
        plan.job_id, "leave --shards out to go on as planned", Code::kConflict);
  }
  if (!request.version_id.empty() && request.version_id != run.files.front().version_id) {
    return Fatal("resume job: its plan is of another version of the object", plan.job_id,
                 "leave --version-id out to go on as planned", Code::kConflict);
  }
  return CompareWithPlan(request, plan, storage, run, stop);
}

// The job's new limit is stored before anything goes on under it.
Result<void> RaiseLimit(const RunRequest& request, const Plan& plan, Queries& queries,
                        PreparedRun& run) {
  if (!request.more_limit) return {};
  TRY(const std::string config, WithLimitRaised(plan.config, *request.more_limit));
  std::vector<std::string> told;
  const bool dry_run = run.config.dry_run;
  TRY(run.config, ConfigOfPlan(config, "stored plan", told));
  run.config.dry_run = dry_run;
  return queries.StoreConfig(plan.job_id, config);
}

// The second pass over failed files would send once more what a retry has sent of them.
Result<void> CheckNotRetried(const RunRequest& request, Queries& queries, PreparedRun& run) {
  TRY(const auto why, FailedFilesTakenUp(run.job_id, queries));
  if (why.empty()) return {};
  return ConfirmAgain(request, why, "go on with that job; or add --again", run);
}

// What earlier runs of a shard did: its worker's row knows no decompressed bytes.
Counters DoneBefore(const ShardSummary& shard) {
  if (shard.shard) {
    if (const auto checkpoint = Decode(shard.shard->checkpoint)) return checkpoint->shard;
  }
  return shard.worker.counters;
}

void Weigh(PreparedRun& run) {
  for (int shard = 0; shard < run.shards; ++shard) {
    std::uint64_t bytes = 0;
    for (const FileItem& file :
         AssignmentOf(run.job_id, shard, run.shards, run.files, run.config).files) {
      bytes += ListedBytes(file);
    }
    run.shard_bytes.push_back(bytes);
    run.bytes += bytes;
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

}  // namespace

std::string NewJobId(WallTime now) {
  std::string digits;
  for (const char c : FormatRfc3339(std::chrono::floor<std::chrono::seconds>(now))) {
    if (c >= '0' && c <= '9') digits += c;
  }
  std::random_device random;
  return fmt::format("{}-{}-{:06x}", digits.substr(0, 8), digits.substr(8), random() & 0xffffffU);
}

namespace {

// By the newest job here that sent to the same kind of place and took long enough to tell.
std::optional<Expectation> Expect(const PreparedRun& run, Queries& queries) {
  constexpr int kLooked = 20;
  constexpr std::chrono::seconds kTells{5};
  const auto jobs = queries.Jobs(kLooked);
  if (!jobs) return std::nullopt;
  for (const JobSummary& job : *jobs) {
    const auto target = DestinationOfPlan(job.config);
    const auto from = ParseRfc3339(job.started_at), to = ParseRfc3339(job.completed_at);
    if (!target || target->kind != run.destination.kind || !from || !to) continue;
    const std::chrono::duration<double> took = to->time - from->time;
    if (took < kTells || job.sum.processed_bytes == 0) continue;
    const double rate = static_cast<double>(job.sum.processed_bytes) / took.count();
    return Expectation{static_cast<double>(run.bytes) / rate, job.id};
  }
  return std::nullopt;
}

Result<void> StoreNew(const RunRequest& request, const Plan& plan, PreparedRun& run,
                      Queries& queries) {
  run.expected = Expect(run, queries);
  if (request.confirm && !request.confirm(run)) {
    return Fatal("run: not confirmed, nothing was stored and nothing sent", {},
                 "answer yes, or add --yes");
  }
  return queries.StorePlan(plan);
}

}  // namespace

Result<PreparedRun> PrepareRun(const RunRequest& request, const RunWorld& world,
                               const std::stop_token& stop) {
  const auto queries = world.database.NewQueries();
  TRY_OK(queries->Available());
  std::optional<Plan> stored;
  if (!request.job_id.empty()) {
    TRY(stored, queries->LoadPlan(request.job_id));
    if (!stored) TRY_OK(CheckNotForeign(request, *queries));
  }
  const auto storage = world.make_storage(request.settings, {}, {});
  const WallTime now = world.clock.Wall();
  PreparedRun run;
  std::optional<Plan> made;
  Tell(request, Step::kFiles);
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
    TRY_OK(RaiseLimit(request, *stored, *queries, run));
    TRY(const auto shards, queries->Shards(run.job_id));
    for (const auto& shard : shards) run.before += DoneBefore(shard);
  } else {
    if (request.paths.empty() || request.more_limit) {
      return Fatal("resume job: no such job", request.job_id,
                   "give the PATH of its files to start it", Code::kNotFound);
    }
    TRY(made, PlanAnew(request, *queries, *storage, now, run, stop));
    TRY_OK(CheckSurroundings(request, run, stop));
  }
  if (run.config.dry_run) run.before = {};
  if (!run.has_repository && run.config.connection_ids.empty()) {
    run.warnings.push_back(
        "no streams repository and no connection ids: a message that names a stream is an error "
        "line (give --repository-url or --connection)");
  }
  Weigh(run);
  if (made) TRY_OK(StoreNew(request, *made, run, *queries));
  return run;
}

}  // namespace reprocess
