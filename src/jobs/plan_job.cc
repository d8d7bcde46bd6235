#include "jobs/plan_job.h"

#include <chrono>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/characters.h"
#include "model/time_text.h"
#include "plan/plan_config.h"
#include "plan/plan_hash.h"
#include "plan/preflight.h"
#include "plan/shares.h"

namespace reprocess {
namespace {

std::vector<PlannedShare> SharesOf(const Plan& plan, const JobConfig& config) {
  ShareSums sums(plan.total_workers, config.start_file);
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    sums.Add(plan.files.PathOf(i), plan.files.ListedBytesOf(i));
  }
  return sums.shares();
}

std::uint64_t BytesOf(const std::vector<PlannedShare>& shares) {
  std::uint64_t bytes = 0;
  for (const PlannedShare& share : shares) bytes += share.bytes;
  return bytes;
}

void Tell(const PlanJobRequest& request, Step step) {
  if (request.step) request.step(step);
}

// Where the plan is there already, whether it was begun; an error where it is another one.
Result<std::optional<Begun>> FindStored(const Plan& plan, Queries& queries) {
  TRY(const auto stored, queries.LoadPlan(plan.job_id));
  if (!stored) return std::nullopt;
  const std::string differences = PlanDifferences(*stored, plan);
  if (differences.empty()) return stored->begun;
  return Fatal("plan job: it has another plan: " + differences, plan.job_id,
               "start or submit it as it was planned, or plan these files under another name",
               Code::kConflict);
}

Result<PlannedJob> Planned(const PlanJobRequest& request, const World& world, Queries& queries,
                           const std::stop_token& stop) {
  PlannedJob job;
  const auto storage = world.make_storage(request.settings, {}, {});
  PlanRequest asked = request.plan;
  if (!request.repository.url.empty()) Tell(request, Step::kRepository);
  TRY(const auto streams, FetchRepository(request.repository, stop));
  asked.streams = streams.get();
  Tell(request, Step::kFiles);
  TRY(NewPlan made, MakePlan(asked, queries, *storage, job.warnings, stop));
  job.destination = request.plan.destination;
  job.config = std::move(made.config);
  job.ignored = std::move(made.ignored);
  job.checked.replayed = std::move(made.compared);
  job.plan.job_id =
      request.plan.job_id.empty() ? NewJobId(world.clock.Wall()) : request.plan.job_id;
  job.plan.config = job.config.json;
  job.plan.total_workers = made.shards;
  job.plan.files = std::move(made.files);
  job.plan.begun = Begun::kNot;
  job.plan.call = request.call;
  job.shares = job.plan.shares = SharesOf(job.plan, job.config);
  job.hash = PlanHashOf(job.plan);
  TRY(job.checked.filters, CheckFilters(job.config, asked.streams, job.warnings));
  job.expected = Expect(job.destination.kind, BytesOf(job.shares), queries);
  return job;
}

}  // namespace

Result<PlannedJob> PlanJob(const PlanJobRequest& request, const World& world,
                           const std::stop_token& stop) {
  const auto queries = world.database.NewQueries();
  TRY_OK(queries->Available());
  TRY(PlannedJob job, Planned(request, world, *queries, stop));
  TRY(const auto begun, FindStored(job.plan, *queries));
  job.existed = begun.has_value();
  if (!job.existed) TRY_OK(queries->StorePlan(job.plan));
  job.plan.begun = begun.value_or(Begun::kNot);
  return job;
}

Result<PlannedJob> StoredPlan(const std::string& job_id, Queries& queries) {
  TRY(auto stored, queries.LoadPlan(job_id));
  PlanConfig planned = ReadPlanConfig(stored ? stored->config : "");
  if (!planned.destination) {
    return Fatal("find the plan: no such job has one", job_id,
                 "`reprocess plan` makes one; `reprocess status` lists the jobs", Code::kNotFound);
  }
  PlannedJob job;
  job.plan = *std::move(stored);
  job.existed = true;
  job.destination = *std::move(planned.destination);
  job.hash = PlanHashOf(job.plan);
  TRY(job.config, std::move(planned.job));
  job.warnings = std::move(planned.warnings);
  job.shares = SharesOf(job.plan, job.config);
  job.expected = Expect(job.destination.kind, BytesOf(job.shares), queries);
  return job;
}

Result<Destination> DestinationOfNewJob(const std::optional<Destination>& asked,
                                        const KafkaSettings& kafka) {
  if (!asked && kafka.brokers.empty()) {
    return Invalid("plan job: no destination", {},
                   "give --kafka BROKERS --topic NAME, or --out DIR, or --dry-run");
  }
  Destination target = asked.value_or(Destination{});
  if (target.kind != Destination::kKafka) return target;
  if (target.brokers.empty()) target.brokers = kafka.brokers;
  if (target.topic.empty()) target.topic = kafka.topic;
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

std::optional<Expectation> Expect(Destination::Kind kind, std::uint64_t bytes, Queries& queries) {
  constexpr int kLooked = 20;
  constexpr std::chrono::seconds kTells{5};
  const auto jobs = queries.Jobs({.most = kLooked});
  if (!jobs) return std::nullopt;
  for (const JobSummary& job : *jobs) {
    const auto target = ReadPlanConfig(job.config).destination;
    const auto from = ParseRfc3339(job.started_at), to = ParseRfc3339(job.completed_at);
    if (!target || target->kind != kind || !from || !to) continue;
    const std::chrono::duration<double> took = to->time - from->time;
    if (took < kTells || job.sum.processed_bytes == 0) continue;
    const double rate = static_cast<double>(job.sum.processed_bytes) / took.count();
    return Expectation{static_cast<double>(bytes) / rate, job.id};
  }
  return std::nullopt;
}

std::string NewJobId(WallTime now) {
  std::string digits;
  for (const char c : FormatRfc3339(std::chrono::floor<std::chrono::seconds>(now))) {
    if (IsDigit(c)) digits += c;
  }
  std::random_device random;
  return fmt::format("{}-{}-{:06x}", digits.substr(0, 8), digits.substr(8), random() & 0xffffffU);
}

}  // namespace reprocess
