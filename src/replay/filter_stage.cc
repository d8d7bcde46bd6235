#include "replay/filter_stage.h"

namespace reprocess {

FilterStage::FilterStage(std::unique_ptr<Stage> inner, Filter& filter, const Isolation& isolation,
                         std::uint64_t left)
    : inner_(std::move(inner)), filter_(filter), isolation_(isolation), left_(left) {}

Result<Pulled> FilterStage::Next(SteadyTime deadline) {
  if (left_ == 0) return PipeEnd{};
  TRY(Pulled pulled, inner_->Next(deadline));
  if (auto* batch = std::get_if<Batch>(&pulled)) {
    filter_.Judge(*batch);
    isolation_.Mark(*batch);
    if (left_ != UINT64_MAX) CutAtLimit(*batch);
  }
  return pulled;
}

void FilterStage::CutAtLimit(Batch& batch) {
  for (std::size_t i = 0; i < batch.lines.size(); ++i) {
    if (batch.lines[i].verdict != Verdict::kSend || --left_ > 0) continue;
    const auto read = static_cast<double>(batch.after.byte);
    std::uint64_t uncounted = batch.after.byte;
    batch.after = PlaceAfter(batch, i);
    uncounted -= batch.after.byte;
    for (std::size_t j = i + 1; j < batch.lines.size(); ++j) {
      uncounted -= batch.lines[j].end_byte - batch.lines[j].first_byte;
    }
    batch.uncounted_bytes -= uncounted;
    // What was read behind the cut counts as not read.
    const double kept = static_cast<double>(batch.after.byte) / read;
    batch.stored_byte = static_cast<std::uint64_t>(static_cast<double>(batch.stored_byte) * kept);
    batch.lines.resize(i + 1);
    batch.end = FileEnd{FileEnd::State::kPartial, {}};
    return;
  }
}

}  // namespace reprocess
