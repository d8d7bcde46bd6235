#include "filesink/file_sink.h"

namespace reprocess {
namespace {

class NullSink final : public Sink {
 public:
  Result<void> Open(const std::stop_token&) override { return {}; }
  Result<std::optional<std::string>> ReadCheckpoint(Read) override { return checkpoint_; }
  Result<void> Begin() override { return {}; }
  Result<Produced> Produce(const Batch&, std::size_t, std::size_t to) override {
    return Produced{.next = to, .refused = std::nullopt};
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds) override {
    checkpoint_ = checkpoint;
    return {};
  }
  void Abandon() override {}

 private:
  std::optional<std::string> checkpoint_;
};

}  // namespace

std::unique_ptr<Sink> MakeNullSink() {
  return std::make_unique<NullSink>();
}

}  // namespace reprocess
