#include "replay/threaded.h"

#include "base/log.h"

namespace reprocess {

Threaded::Threaded(std::unique_ptr<Stage> inner, std::size_t max_bytes,
                   std::stop_source pipeline_stop, std::atomic<std::uint64_t>* held)
    : inner_(std::move(inner)),
      pipe_(max_bytes, held),
      pipeline_stop_(std::move(pipeline_stop)),
      thread_([this, fields = LogScope::CurrentFields()] {
        const LogScope scope(fields);
        Run();
      }) {}

Threaded::~Threaded() {
  pipeline_stop_.request_stop();
  pipe_.Close();
  thread_.join();
}

Result<Pulled> Threaded::Next(SteadyTime deadline) {
  return pipe_.Next(deadline);
}

void Threaded::Run() {
  for (;;) {
    Result<Pulled> next = inner_->Next(SteadyTime::max());
    if (!next) return pipe_.Fail(std::move(next).error());
    auto* batch = std::get_if<Batch>(&*next);
    if (batch == nullptr) return pipe_.Finish();
    const std::size_t weight = batch->weight();
    if (!pipe_.Push(std::move(*batch), weight)) return;
  }
}

}  // namespace reprocess
