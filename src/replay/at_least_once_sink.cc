#include "replay/at_least_once_sink.h"

#include "replay/with_database.h"

namespace reprocess {
namespace {

class AtLeastOnceSink final : public Sink {
 public:
  AtLeastOnceSink(std::unique_ptr<Sink> inner, const Ports& ports, const ShardTask& task,
                  const Owner& owner)
      : inner_(std::move(inner)),
        ports_(ports),
        task_(task),
        owner_(owner),
        shard_{task.assignment.job_id, task.assignment.index} {}

  Result<void> Open(const std::stop_token& stop) override {
    stop_ = stop;
    return inner_->Open(stop);
  }
  Result<std::optional<std::string>> ReadCheckpoint(Read) override {
    TRY(const auto row, ports_.shards.Find(shard_));
    if (!row || row->checkpoint.empty()) return std::nullopt;
    return row->checkpoint;
  }
  Result<void> Begin() override { return inner_->Begin(); }
  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) override {
    return inner_->Produce(batch, from, to);
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    TRY_OK(inner_->Commit({}, within));
    return WithDatabase(ports_, task_.settings, stop_, [&] {
      return ports_.shards.StoreCheckpoint(shard_, owner_, std::string(checkpoint));
    });
  }
  void Abandon() override { inner_->Abandon(); }
  void Poll() override { inner_->Poll(); }
  Result<std::vector<std::int64_t>> EndOffsets() override { return inner_->EndOffsets(); }
  std::uint64_t queued_bytes() const override { return inner_->queued_bytes(); }
  Milliseconds TakeThrottled() override { return inner_->TakeThrottled(); }
  std::uint64_t max_value_bytes() const override { return inner_->max_value_bytes(); }

 private:
  std::unique_ptr<Sink> inner_;
  const Ports& ports_;
  const ShardTask& task_;
  const Owner& owner_;
  const ShardRef shard_;
  std::stop_token stop_;
};

}  // namespace

std::unique_ptr<Sink> MakeAtLeastOnceSink(std::unique_ptr<Sink> inner, const Ports& ports,
                                          const ShardTask& task, const Owner& owner) {
  return std::make_unique<AtLeastOnceSink>(std::move(inner), ports, task, owner);
}

}  // namespace reprocess
