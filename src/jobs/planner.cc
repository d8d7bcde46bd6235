#include "jobs/planner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/thousands.h"

namespace reprocess {
namespace {

constexpr int kAtOnce = 2;
constexpr std::size_t kMostWaiting = 16, kMostKept = 32, kMostFiles = 2'000'000;

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

std::string WaitsFor(const MissingProgress& progress) {
  return fmt::format("the topic: pass {} of {}, {} lines, {} records", progress.pass,
                     progress.passes, Thousands(progress.lines), Thousands(progress.records));
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

Result<std::string> Planner::Begin(PlanJobRequest request, std::optional<Missing> missing) {
  const std::scoped_lock lock(mutex_);
  if (to_plan_.size() >= kMostWaiting) {
    return std::unexpected(Error{.remedy = Remedy::kRetry,
                                 .what = "plan job: many plans are being made already",
                                 .where = {},
                                 .hint = "try again when one of them is ready"});
  }
  if (request.plan.job_id.empty()) request.plan.job_id = NewJobId(world_.clock.Wall());
  const std::string id = request.plan.job_id;
  const auto known = entries_.find(id);
  if (known != entries_.end() && known->second->state.kind == PlanState::Kind::kPlanning) {
    return Fatal("plan job: a plan of this name is being made", id, "choose another name",
                 Code::kConflict);
  }
  const auto entry = std::make_shared<Entry>(
      Entry{.id = id, .request = std::move(request), .missing = std::move(missing)});
  entry->state.waits_for = "its turn";
  entry->used = ++uses_;
  entries_.insert_or_assign(id, entry);
  to_plan_.push_back(entry);
  Forget();
  wake_.notify_one();
  return id;
}

Result<PlanState> Planner::StateOf(const std::string& id) {
  const auto known = [&]() -> std::optional<PlanState> {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return std::nullopt;
    found->second->used = ++uses_;
    return found->second->state;
  };
  std::optional<PlanState> state = known();
  if (state && !state->job) return *std::move(state);
  TRY(const JobSummary job, world_.database.NewQueries()->Job(id));
  if (!state) return Stored(id, job);
  if (state->kind == PlanState::Kind::kReady) state->kind = KindOf(job);
  return *std::move(state);
}

// One that this process did not make, or has forgotten.
Result<PlanState> Planner::Stored(const std::string& id, const JobSummary& job) {
  TRY(PlannedJob planned, StoredPlan(id, *world_.database.NewQueries()));
  PlanState state;
  state.kind = KindOf(job);
  state.job = std::make_shared<const PlannedJob>(std::move(planned));
  state.checking = state.kind == PlanState::Kind::kReady;
  if (!state.checking) return state;
  const std::scoped_lock lock(mutex_);
  if (entries_.contains(id) || to_examine_.size() >= kMostWaiting) return state;
  const auto entry = std::make_shared<Entry>(Entry{.id = id, .state = state, .used = ++uses_});
  entries_.emplace(id, entry);
  to_examine_.push_back(entry);
  Forget();
  wake_.notify_one();
  return state;
}

// Those that nobody has asked for the longest, but for the last; a stored plan is found again.
void Planner::Forget() {
  const auto files_of = [](const auto& kept) {
    return kept.second->state.job ? kept.second->state.job->plan.files.size() : 0;
  };
  std::size_t files = 0;
  for (const auto& kept : entries_) files += files_of(kept);
  while (entries_.size() > kMostKept || files > kMostFiles) {
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      const Entry& entry = *at->second;
      if (entry.state.kind == PlanState::Kind::kPlanning || entry.used == uses_) continue;
      if (oldest == entries_.end() || entry.used < oldest->second->used) oldest = at;
    }
    if (oldest == entries_.end()) return;
    files -= files_of(*oldest);
    entries_.erase(oldest);
  }
}

void Planner::Work(const std::stop_token& stop) {
  for (;;) {
    Kept entry;
    {
      std::unique_lock lock(mutex_);
      const auto work = [&] { return !to_plan_.empty() || !to_examine_.empty(); };
      if (!wake_.wait(lock, stop, work)) return;
      std::deque<Kept>& queue = to_plan_.empty() ? to_examine_ : to_plan_;
      entry = std::move(queue.front());
      queue.pop_front();
    }
    if (!entry->state.job) Plan(*entry, stop);
    Examine(*entry, stop);
  }
}

// Tells how far it is, and what was found.
Narrow Planner::NarrowFor(Entry& entry, const std::stop_token& stop) {
  OnlyMissing asked = entry.missing->asked;
  asked.progress = [this, &entry](const MissingProgress& progress) {
    const std::scoped_lock lock(mutex_);
    entry.state.waits_for = WaitsFor(progress);
  };
  asked.found = [this, &entry](const std::string& found) {
    const std::scoped_lock lock(mutex_);
    entry.state.missing = found;
  };
  return NarrowToMissing(std::move(asked),
                         {entry.missing->kafka, entry.request.settings, world_.make_storage, stop});
}

void Planner::Plan(Entry& entry, const std::stop_token& stop) {
  PlanJobRequest& request = entry.request;  // nobody else looks at it
  request.step = [&](Step step) {
    const std::scoped_lock lock(mutex_);
    entry.state.waits_for = WaitsFor(step);
  };
  if (entry.missing) request.plan.narrow = NarrowFor(entry, stop);
  auto planned = PlanJob(request, world_, stop);
  const std::scoped_lock lock(mutex_);
  PlanState& state = entry.state;
  state.waits_for.clear();
  if (!planned) {
    state.kind = PlanState::Kind::kRefused;
    state.error = std::move(planned).error();
    if (state.error->hint.empty()) state.error->hint = "plan it again once this is mended";
    return;
  }
  state.kind = PlanState::Kind::kReady;
  state.checking = true;
  state.job = std::make_shared<const PlannedJob>(*std::move(planned));
  Forget();
}

// What there is to think about before it is started. A sample that cannot be taken is a warning.
void Planner::Examine(Entry& entry, const std::stop_token& stop) {
  const auto job = entry.state.job;  // written by this thread alone
  if (!job) return;
  auto taken = launcher_.Check(*job, stop);
  auto sample = SampleJob(*job, options_.settings, options_.repository, world_, stop);
  const std::scoped_lock lock(mutex_);
  PlanState& state = entry.state;
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
