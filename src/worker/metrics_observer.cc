#include "worker/metrics_observer.h"

namespace reprocess {

void MetricsObserver::Claimed(Mode mode, const Owner& owner) {
  if (metrics_ != nullptr) metrics_->Claimed(owner.generation);
  if (next_ != nullptr) next_->Claimed(mode, owner);
}

void MetricsObserver::Progress(const WorkerRow& row) {
  if (metrics_ != nullptr) metrics_->Progress(row);
  if (next_ != nullptr) next_->Progress(row);
}

void MetricsObserver::Committed(const std::string& text) {
  if (metrics_ != nullptr) {
    if (const auto checkpoint = Decode(text)) {
      metrics_->Committed(*checkpoint, SystemClock().Wall());
    }
  }
  if (next_ != nullptr) next_->Committed(text);
}

void MetricsObserver::Waiting(const std::string& why) {
  if (metrics_ != nullptr) metrics_->Waiting(why);
  if (next_ != nullptr) next_->Waiting(why);
}

void MetricsObserver::CommitTook(SteadyTime::duration time) {
  if (metrics_ != nullptr) metrics_->CommitTook(time);
  if (next_ != nullptr) next_->CommitTook(time);
}

void MetricsObserver::Aborted() {
  if (metrics_ != nullptr) metrics_->Aborted();
  if (next_ != nullptr) next_->Aborted();
}

void MetricsObserver::Rewound() {
  if (metrics_ != nullptr) metrics_->Rewound();
  if (next_ != nullptr) next_->Rewound();
}

void MetricsObserver::Throttled(const ThrottleState& state) {
  if (metrics_ != nullptr) metrics_->Throttled(state);
  if (next_ != nullptr) next_->Throttled(state);
}

}  // namespace reprocess
