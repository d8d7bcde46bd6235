#include "replay/at_least_once_sink.h"

#include "model/forwarding_sink.h"
#include "replay/with_database.h"

namespace reprocess {
namespace {

class AtLeastOnceSink final : public ForwardingSink {
 public:
  AtLeastOnceSink(std::unique_ptr<Sink> inner, const Ports& ports, const ShardTask& task,
                  const Owner& owner)
      : ForwardingSink(std::move(inner)),
        ports_(ports),
        task_(task),
        owner_(owner),
        shard_{task.assignment.job_id, task.assignment.index} {}

  Result<void> Open(const std::stop_token& stop) override {
    stop_ = stop;
    return ForwardingSink::Open(stop);
  }
  Result<std::optional<std::string>> ReadCheckpoint(Read) override {
    TRY(const auto row, ports_.shards.Find(shard_));
    if (!row || row->checkpoint.empty()) return std::nullopt;
    return row->checkpoint;
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    TRY_OK(ForwardingSink::Commit({}, within));
    return WithDatabase(ports_, task_.settings, stop_, [&] {
      return ports_.shards.StoreCheckpoint(shard_, owner_, std::string(checkpoint));
    });
  }

 private:
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
