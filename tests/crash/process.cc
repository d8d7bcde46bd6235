#include "crash/process.h"

namespace reprocess::test {
namespace {

class StepSource final : public ByteSource {
 public:
  StepSource(Process& process, std::unique_ptr<ByteSource> source)
      : process_(process), source_(std::move(source)) {}
  Result<std::size_t> Read(std::span<char> out) override {
    return process_.Take("storage.Read", [&] { return source_->Read(out); });
  }

 private:
  Process& process_;
  std::unique_ptr<ByteSource> source_;
};

}  // namespace

Result<OpenedObject> StepStorage::Open(const FileItem& item, std::uint64_t offset,
                                       std::string_view pinned_hash, const std::stop_token& stop) {
  return process_.Take("storage.Open", [&]() -> Result<OpenedObject> {
    TRY(OpenedObject object, storage_.Open(item, offset, pinned_hash, stop));
    object.bytes = std::make_unique<StepSource>(process_, std::move(object.bytes));
    return object;
  });
}

void StepObserver::Claimed(Mode mode, const Owner& owner) {
  process_.Take("observer.Claimed", [&] {
    mode_ = mode;
    owner_ = owner;
    (void)shards_.Heartbeat(shard_, owner_);
  });
}

void StepObserver::Progress(const WorkerRow& row) {
  process_.Take("observer.Progress", [&] {
    if (on_progress) on_progress(row);
    (void)status_.PutWorker(shard_, owner_, row);
  });
}

void StepObserver::Committed(const Checkpoint&, std::string_view text) {
  process_.Take("observer.Committed", [&] {
    if (mode_ != Mode::kAtLeastOnce)
      (void)shards_.StoreCheckpoint(shard_, owner_, std::string(text));
  });
}

void StepObserver::Waiting(const std::string& why) {
  process_.Take("observer.Waiting", [&] {
    if (!why.empty()) waits.push_back(why);
  });
}

}  // namespace reprocess::test
