#include "jobs/planner.h"

#include <algorithm>
#include <utility>

namespace reprocess {
namespace {

constexpr int kAtOnce = 2;
constexpr std::size_t kMostWaiting = 16, kMostKept = 16;

std::string WaitsFor(Step step) {
  switch (step) {
    case Step::kDatabase:
      return "the database";
    case Step::kFiles:
      return "the list of files";
    case Step::kKafka:
      return "Kafka";
    case Step::kRepository:
      break;
  }
  return "the streams repository";
}

PlanState::Kind KindOf(const JobSummary& job) {
  return job.status == "pending" ? PlanState::Kind::kReady : PlanState::Kind::kStarted;
}

}  // namespace

Planner::Planner(const World& world, Launcher& launcher, Options options)
    : world_(world), launcher_(launcher), options_(std::move(options)) {
  for (int i = 0; i < kAtOnce; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
}

Planner::~Planner() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

Result<std::string> Planner::Begin(PlanJobRequest request) {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= kMostWaiting) {
    return std::unexpected(Error{.remedy = Remedy::kRetry,
                                 .what = "plan job: many plans are being made already",
                                 .where = {},
                                 .hint = "try again when one of them is ready"});
  }
  if (request.plan.job_id.empty()) request.plan.job_id = NewJobId(world_.clock.Wall());
  const std::string id = request.plan.job_id;
  const auto known = entries_.find(id);
  if (known != entries_.end() && known->second.state.kind == PlanState::Kind::kPlanning) {
    return Fatal("plan job: a plan of this name is being made", id, "choose another name",
                 Code::kConflict);
  }
  PlanState state;
  state.waits_for = "its turn";
  entries_.insert_or_assign(id, Entry{std::move(request), std::move(state), ++uses_});
  waiting_.push_back(id);
  Forget();
  wake_.notify_one();
  return id;
}

Result<PlanState> Planner::StateOf(const std::string& id) {
  {
    const std::scoped_lock lock(mutex_);
    const auto known = entries_.find(id);
    if (known != entries_.end()) {
      known->second.used = ++uses_;
      if (!known->second.state.job) return known->second.state;
    }
  }
  const auto queries = world_.database.NewQueries();
  TRY(const JobSummary job, queries->Job(id));
  {
    const std::scoped_lock lock(mutex_);
    const auto known = entries_.find(id);
    if (known != entries_.end()) {
      PlanState state = known->second.state;
      if (state.kind == PlanState::Kind::kReady) state.kind = KindOf(job);
      return state;
    }
  }
  return Stored(id);
}

// One that this process did not make, or has forgotten.
Result<PlanState> Planner::Stored(const std::string& id) {
  const auto queries = world_.database.NewQueries();
  TRY(PlannedJob planned, StoredPlan(id, *queries));
  TRY(const JobSummary job, queries->Job(id));
  PlanState state;
  state.kind = KindOf(job);
  state.job = std::make_shared<const PlannedJob>(std::move(planned));
  state.checking = state.kind == PlanState::Kind::kReady;
  const std::scoped_lock lock(mutex_);
  entries_.insert_or_assign(id, Entry{{}, state, ++uses_});
  if (state.checking) waiting_.push_back(id);
  Forget();
  wake_.notify_one();
  return state;
}

// Those that nobody has asked for the longest; a stored plan is found again.
void Planner::Forget() {
  while (entries_.size() > kMostKept + kMostWaiting) {
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      const PlanState& state = at->second.state;
      if (state.kind == PlanState::Kind::kPlanning || state.checking) continue;
      if (oldest == entries_.end() || at->second.used < oldest->second.used) oldest = at;
    }
    if (oldest == entries_.end()) return;
    entries_.erase(oldest);
  }
}

void Planner::Work(const std::stop_token& stop) {
  for (;;) {
    std::string id;
    bool planned = false;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return !waiting_.empty(); })) return;
      id = std::move(waiting_.front());
      waiting_.pop_front();
      planned = entries_.at(id).state.job != nullptr;
    }
    if (!planned) Plan(id, stop);
    Examine(id, stop);
  }
}

void Planner::Plan(const std::string& id, const std::stop_token& stop) {
  PlanJobRequest request;
  {
    const std::scoped_lock lock(mutex_);
    request = entries_.at(id).request;
  }
  request.step = [&](Step step) {
    const std::scoped_lock lock(mutex_);
    entries_.at(id).state.waits_for = WaitsFor(step);
  };
  auto planned = PlanJob(request, world_, stop);
  const std::scoped_lock lock(mutex_);
  PlanState& state = entries_.at(id).state;
  state.waits_for.clear();
  if (!planned) {
    state.kind = PlanState::Kind::kRefused;
    state.error = std::move(planned).error();
    return;
  }
  state.kind = PlanState::Kind::kReady;
  state.checking = true;
  state.job = std::make_shared<const PlannedJob>(*std::move(planned));
}

// What there is to think about before it is started. A sample that cannot be taken is a warning.
void Planner::Examine(const std::string& id, const std::stop_token& stop) {
  std::shared_ptr<const PlannedJob> job;
  {
    const std::scoped_lock lock(mutex_);
    job = entries_.at(id).state.job;
  }
  if (!job) return;
  auto taken = launcher_.Check(*job, stop);
  auto sample = SampleJob(*job, options_.settings, options_.repository_url,
                          options_.repository_auth_token, world_, stop);
  const std::scoped_lock lock(mutex_);
  PlanState& state = entries_.at(id).state;
  state.checking = false;
  if (taken) {
    state.warnings = *std::move(taken);
  } else if (taken.error().code == Code::kInvalid) {
    state.kind = PlanState::Kind::kRefused;
    state.error = std::move(taken).error();
  } else {
    state.warnings.push_back(taken.error().ToString());
  }
  if (sample) {
    state.sample = std::make_shared<const PlanSample>(*std::move(sample));
  } else {
    state.warnings.push_back(sample.error().ToString());
  }
}

}  // namespace reprocess
