#include "cluster/settle.h"

#include <algorithm>

#include "plan/plan_config.h"
#include "replay/new_owner.h"

namespace reprocess {
namespace {

// What was not committed by then is settled anew.
constexpr Milliseconds kCommitWithin{10'000};

bool IsFinal(const Checkpoint& checkpoint) {
  return checkpoint.state != ShardState::kRunning;
}

class Settler final : public ShardSettler {
 public:
  Settler(KafkaSettings kafka, Settings settings, ShardStore& shards, ControlStore& controls,
          SettlerPorts ports)
      : kafka_(std::move(kafka)),
        settings_(settings),
        shards_(shards),
        controls_(controls),
        ports_(std::move(ports)) {}

  Result<Checkpoint> Settle(const ShardRef& shard, const ShardRow& row,
                            const std::string& job_config, const std::stop_token& stop) override {
    if (row.mode != Mode::kExactlyOnce) {
      TRY(Checkpoint checkpoint, Decode(row.checkpoint));
      if (IsFinal(checkpoint)) return checkpoint;
      return Claim(shard, row, std::move(checkpoint));
    }
    TRY(const KafkaSettings kafka, KafkaOf(job_config));
    TRY(const auto seen, ports_.read(kafka, shard, Read::kAsIs));
    if (seen) {
      TRY(const Checkpoint checkpoint, Decode(*seen));
      if (IsFinal(checkpoint)) return checkpoint;
    }
    TRY(const auto sink, ports_.make_sink(kafka, settings_, shard, row.mode));
    TRY_OK(sink->Open(stop));
    TRY(const auto text, sink->ReadCheckpoint(Read::kStable));
    TRY(Checkpoint checkpoint, Decode(text.value_or(row.checkpoint)));
    if (IsFinal(checkpoint)) return checkpoint;
    TakeOver(row, checkpoint);
    // A lost one stays lost, as a claim has it: the row's copy may be older than what was sent.
    if (text || IsReset(checkpoint)) {
      TRY_OK(sink->Begin());
      TRY_OK(sink->Commit(Encode(checkpoint), kCommitWithin));
    }
    return Store(shard, row, std::move(checkpoint));
  }

 private:
  Result<KafkaSettings> KafkaOf(const std::string& job_config) const {
    KafkaSettings kafka = KafkaOfPlan(kafka_, job_config);
    if (!kafka.brokers.empty()) return kafka;
    return Invalid("find out how the job ended: no Kafka brokers, where its checkpoints are", {},
                   "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
  }

  // Generations only grow: above the row's, and above what is committed.
  void TakeOver(const ShardRow& row, Checkpoint& checkpoint) const {
    checkpoint.generation = std::max(row.owner.generation, checkpoint.generation) + 1;
    checkpoint.owner = us_.id;
  }

  Result<Checkpoint> Claim(const ShardRef& shard, const ShardRow& row, Checkpoint checkpoint) {
    TakeOver(row, checkpoint);
    return Store(shard, row, std::move(checkpoint));
  }

  // … and given back at once: nobody works on it.
  Result<Checkpoint> Store(const ShardRef& shard, const ShardRow& row, Checkpoint checkpoint) {
    Owner owner = us_;
    owner.generation = checkpoint.generation;
    TRY_OK(shards_.Claim(shard, row.mode, owner, Encode(checkpoint), {}));
    TRY_OK(controls_.GiveBack(shard, owner));
    return checkpoint;
  }

  const KafkaSettings kafka_;
  const Settings settings_;
  ShardStore& shards_;
  ControlStore& controls_;
  const SettlerPorts ports_;
  const Owner us_ = NewOwner();
};

}  // namespace

std::unique_ptr<ShardSettler> MakeShardSettler(KafkaSettings kafka, Settings settings,
                                               ShardStore& shards, ControlStore& controls,
                                               SettlerPorts ports) {
  return std::make_unique<Settler>(std::move(kafka), std::move(settings), shards, controls,
                                   std::move(ports));
}

}  // namespace reprocess
