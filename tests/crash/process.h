// One life of a worker: every call over a seam is a step, counted from 1, at which it may die, be
// told to stop, or see the world change.
//
//   step       a call of Storage, ByteSource, SinkMaker, Sink, ShardStore, Ledger or
//              ProgressObserver. Reading a clock or a constant is none
//   death      before a step its call has no effect; after it the effect is there but the answer
//              never comes. Died unwinds the worker; calls that come later reach nobody
//   threads    any, one step at a time; a process that dies runs on one thread
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/sink.h"
#include "model/storage.h"
#include "model/stores.h"
#include "replay/replay.h"

namespace reprocess::test {

enum class When : std::uint8_t { kBefore, kAfter };

class Process {
 public:
  struct Died {};

  void At(int step, When when, std::function<void()> action) {
    actions_.emplace(std::pair(step, when), std::move(action));
  }
  void DieAtStep(int step, When when) {
    At(step, when, [this] {
      dead_ = true;
      throw Died{};
    });
  }
  // The call at `step` takes place, but its answer is lost on the way: kWait, as of a database.
  void LoseAnswerOfStep(int step) { lose_answer_of_ = step; }

  // The names of the steps so far, "sink.Commit", in order.
  const std::vector<std::string>& steps() const { return steps_; }

  template <class Call>
  auto Take(const char* name, Call call) -> decltype(call()) {
    using Answer = decltype(call());
    const std::scoped_lock lock(mutex_);
    if constexpr (std::is_void_v<Answer>) {
      if (dead_) return;
      const int step = Arrive(name);
      call();
      Act(step, When::kAfter);
    } else {
      if (dead_) return NobodyIsThere();
      const int step = Arrive(name);
      Answer answer = call();
      Act(step, When::kAfter);
      if (step == lose_answer_of_) return AnswerLost();
      return answer;
    }
  }

 private:
  static constexpr int kForEver = 100'000;

  int Arrive(const char* name) {
    steps_.emplace_back(name);
    const int step = static_cast<int>(steps_.size());
    if (step > kForEver) {
      ADD_FAILURE() << "it goes on for ever";
      dead_ = true;
      throw Died{};
    }
    Act(step, When::kBefore);
    return step;
  }
  void Act(int step, When when) {
    if (const auto action = actions_.find({step, when}); action != actions_.end()) action->second();
  }
  static std::unexpected<Error> NobodyIsThere() { return Fatal("call after death"); }
  static std::unexpected<Error> AnswerLost() {
    return std::unexpected(Error{.remedy = Remedy::kWait, .what = "database: no answer"});
  }

  std::mutex mutex_;
  std::multimap<std::pair<int, When>, std::function<void()>> actions_;
  std::vector<std::string> steps_;
  int lose_answer_of_ = 0;
  bool dead_ = false;
};

// The seams of one process: each call is a step, then the call of what is behind it. All borrow.

class StepStorage final : public Storage {
 public:
  StepStorage(Process& process, Storage& storage) : process_(process), storage_(storage) {}
  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                            std::string_view pinned_hash, const std::stop_token& stop) override;
  Result<std::vector<ListedObject>> List(std::string_view path) override {
    return storage_.List(path);
  }

 private:
  Process& process_;
  Storage& storage_;
};

class StepProbe final : public Probe {
 public:
  StepProbe(Process& process, std::unique_ptr<Probe> probe)
      : process_(process), probe_(std::move(probe)) {}
  Result<std::optional<Error>> Try(const Batch& batch, std::size_t from, std::size_t to,
                                   const std::stop_token& stop) override {
    return process_.Take("probe.Try", [&] { return probe_->Try(batch, from, to, stop); });
  }

 private:
  Process& process_;
  std::unique_ptr<Probe> probe_;
};

class StepSink final : public Sink {
 public:
  StepSink(Process& process, std::unique_ptr<Sink> sink)
      : process_(process), sink_(std::move(sink)) {}
  Result<void> Open(const std::stop_token& stop) override {
    return process_.Take("sink.Open", [&] { return sink_->Open(stop); });
  }
  Result<std::optional<std::string>> ReadCheckpoint(Read how) override {
    return process_.Take("sink.ReadCheckpoint", [&] { return sink_->ReadCheckpoint(how); });
  }
  Result<void> Begin() override {
    return process_.Take("sink.Begin", [&] { return sink_->Begin(); });
  }
  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) override {
    return process_.Take("sink.Produce", [&] { return sink_->Produce(batch, from, to); });
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    return process_.Take("sink.Commit", [&] { return sink_->Commit(checkpoint, within); });
  }
  void Abandon() override {
    process_.Take("sink.Abandon", [&] { sink_->Abandon(); });
  }
  std::unique_ptr<Probe> MakeProbe() override {
    std::unique_ptr<Probe> probe = sink_->MakeProbe();
    if (probe) probe = std::make_unique<StepProbe>(process_, std::move(probe));
    return probe;
  }
  Result<std::vector<std::int64_t>> EndOffsets() override {
    return process_.Take("sink.EndOffsets", [&] { return sink_->EndOffsets(); });
  }
  std::uint64_t max_value_bytes() const override { return sink_->max_value_bytes(); }

 private:
  Process& process_;
  std::unique_ptr<Sink> sink_;
};

class StepShards final : public ShardStore {
 public:
  StepShards(Process& process, ShardStore& shards) : process_(process), shards_(shards) {}
  Result<void> Available() const override { return shards_.Available(); }
  Result<std::optional<ShardRow>> Find(const ShardRef& shard) override {
    return process_.Take("database.Find", [&] { return shards_.Find(shard); });
  }
  Result<void> Claim(const ShardRef& shard, Mode mode, const Owner& owner,
                     const std::string& checkpoint,
                     const std::vector<std::int64_t>& start_offsets) override {
    return process_.Take("database.Claim", [&] {
      return shards_.Claim(shard, mode, owner, checkpoint, start_offsets);
    });
  }
  Result<void> StoreCheckpoint(const ShardRef& shard, const Owner& owner,
                               const std::string& checkpoint) override {
    return process_.Take("database.StoreCheckpoint",
                         [&] { return shards_.StoreCheckpoint(shard, owner, checkpoint); });
  }
  Result<void> Heartbeat(const ShardRef& shard, const Owner& owner) override {
    return process_.Take("database.Heartbeat", [&] { return shards_.Heartbeat(shard, owner); });
  }
  Result<void> StoreEnd(const ShardRef& shard, const Owner& owner,
                        const std::vector<std::int64_t>& end_offsets) override {
    return process_.Take("database.StoreEnd",
                         [&] { return shards_.StoreEnd(shard, owner, end_offsets); });
  }
  Result<std::map<int, std::string>> Checkpoints(const std::string& job) override {
    return process_.Take("database.Checkpoints", [&] { return shards_.Checkpoints(job); });
  }
  Result<std::optional<std::string>> FindPrint(const std::string& job) override {
    return process_.Take("database.FindPrint", [&] { return shards_.FindPrint(job); });
  }
  Result<void> StorePrint(const std::string& job, const std::string& text) override {
    return process_.Take("database.StorePrint", [&] { return shards_.StorePrint(job, text); });
  }

 private:
  Process& process_;
  ShardStore& shards_;
};

class StepLedger final : public Ledger {
 public:
  StepLedger(Process& process, Ledger& ledger) : process_(process), ledger_(ledger) {}
  bool Durable() const override { return ledger_.Durable(); }
  Result<void> Store(const ShardRef& shard, const Owner& owner, std::span<const ErrorRow> errors,
                     std::span<const FileRow> files) override {
    return process_.Take("database.Store",
                         [&] { return ledger_.Store(shard, owner, errors, files); });
  }
  Result<void> Rewind(const ShardRef& shard, const Owner& owner, Pass pass, int list_position,
                      std::uint64_t byte) override {
    return process_.Take("database.Rewind",
                         [&] { return ledger_.Rewind(shard, owner, pass, list_position, byte); });
  }
  Result<std::vector<FileRow>> FailedFiles(const ShardRef& shard, int from, int most) override {
    return process_.Take("database.FailedFiles",
                         [&] { return ledger_.FailedFiles(shard, from, most); });
  }
  Result<std::uint64_t> CountErrorRows(const ShardRef& shard, int list_position) override {
    return process_.Take("database.CountErrorRows",
                         [&] { return ledger_.CountErrorRows(shard, list_position); });
  }
  Result<FilesSum> SumOfFiles(const ShardRef& shard) override {
    return process_.Take("database.SumOfFiles", [&] { return ledger_.SumOfFiles(shard); });
  }
  Result<std::uint64_t> MarkCut(const ShardRef& shard, const Owner& owner, int list_position,
                                bool begun) override {
    return process_.Take("database.MarkCut",
                         [&] { return ledger_.MarkCut(shard, owner, list_position, begun); });
  }
  Result<void> Clear(const ShardRef& shard) override {
    return process_.Take("database.Clear", [&] { return ledger_.Clear(shard); });
  }

 private:
  Process& process_;
  Ledger& ledger_;
};

// Writes what worker/reporter.h writes, at once: the claim's heartbeat, the checkpoint's copy, the
// worker's row. What fails is left out.
class StepObserver final : public ProgressObserver {
 public:
  StepObserver(Process& process, ShardStore& shards, StatusStore& status, ShardRef shard)
      : process_(process), shards_(shards), status_(status), shard_(std::move(shard)) {}
  void Claimed(Mode mode, const Owner& owner) override;
  void Progress(const WorkerRow& row) override;
  void Committed(const Checkpoint& checkpoint, std::string_view text) override;
  void Waiting(const std::string& why) override;

  std::function<void(const WorkerRow&)> on_progress;
  std::vector<std::string> waits;  // what was waited for, in order; empty ones left out

 private:
  Process& process_;
  ShardStore& shards_;
  StatusStore& status_;
  const ShardRef shard_;
  Mode mode_ = Mode::kExactlyOnce;
  Owner owner_;
};

}  // namespace reprocess::test
