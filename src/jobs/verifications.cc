#include "jobs/verifications.h"

#include <algorithm>
#include <utility>

#include "verify/verify.h"

namespace reprocess {

Verifications::Verifications(const World& world, KafkaSettings kafka, Settings settings)
    : world_(world),
      kafka_(std::move(kafka)),
      settings_(std::move(settings)),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

Verifications::~Verifications() {
  thread_.request_stop();
}

Result<void> Verifications::Start(const std::string& job_id) {
  TRY_OK(world_.database.NewQueries()->Job(job_id));
  const std::scoped_lock lock(mutex_);
  failed_.erase(job_id);
  if (std::ranges::find(waiting_, job_id) != waiting_.end()) return {};
  waiting_.push_back(job_id);
  wake_.notify_one();
  return {};
}

Result<VerificationState> Verifications::StateOf(const std::string& job_id) {
  using Kind = VerificationState::Kind;
  const auto queries = world_.database.NewQueries();
  TRY_OK(queries->Job(job_id));
  VerificationState state;
  TRY(state.verdict, queries->LastVerify(job_id));
  if (state.verdict) state.kind = Kind::kDone;
  const std::scoped_lock lock(mutex_);
  if (const auto failed = failed_.find(job_id); failed != failed_.end()) {
    state.kind = Kind::kFailed;
    state.error = failed->second;
  }
  if (std::ranges::find(waiting_, job_id) != waiting_.end()) state.kind = Kind::kRunning;
  return state;
}

void Verifications::Work(const std::stop_token& stop) {
  for (;;) {
    std::string job_id;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return !waiting_.empty(); })) return;
      job_id = waiting_.front();
    }
    const Result<void> done = Verify(job_id, stop);
    const std::scoped_lock lock(mutex_);
    waiting_.pop_front();
    if (!done) failed_.insert_or_assign(job_id, done.error());
  }
}

Result<void> Verifications::Verify(const std::string& job_id, const std::stop_token& stop) {
  const VerifyRequest request{.job_id = job_id, .kafka = kafka_, .settings = settings_};
  const auto queries = world_.database.NewQueries();
  const auto storage = world_.make_storage(settings_, {}, {});
  const auto untold = [](const VerifyProgress&) {};
  TRY(const VerifyReport report, reprocess::Verify(request, *queries, *storage, untold, stop));
  return queries->StoreVerify(job_id, ResultOf(report));
}

}  // namespace reprocess
