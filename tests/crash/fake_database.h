// The books in memory, with the guards that tests/contract/stores_test.cc pins for the real ones.
//
//   away       while the clock has not come to `away_until`, each call answers kWait and does
//              nothing
//   threads    one at a time
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "crash/fake_clock.h"
#include "model/stores.h"

namespace reprocess::test {

class FakeDatabase final : public ShardStore, public Ledger, public StatusStore {
 public:
  explicit FakeDatabase(FakeClock& clock) : clock_(clock) {}

  SteadyTime away_until{};
  SteadyTime owner_alive_until{};  // whoever owns a shard, its heartbeat moves until then

  struct OwnedFile {
    int shard = 0;
    FileRow row;
  };
  struct OwnedWorker {
    std::uint64_t generation = 0;
    WorkerRow row;
  };
  std::map<int, ShardRow> shards;
  std::map<std::tuple<int, int, std::uint64_t>, ErrorRow> errors;  // shard, list position, byte
  std::map<int, OwnedFile> files;                                  // by list position
  int stores = 0, file_rows_stored = 0;
  std::map<int, OwnedWorker> workers;
  std::optional<std::string> print;
  bool has_tables = true;  // false: no shard is found in them

  // All rows as text, without heartbeats: two equal texts, nothing was written.
  std::string Dump() const;

  Result<void> Available() const override;
  Result<std::optional<ShardRow>> Find(const ShardRef& shard) override;
  Result<void> Claim(const ShardRef& shard, Mode mode, const Owner& owner,
                     const std::string& checkpoint,
                     const std::vector<std::int64_t>& start_offsets) override;
  Result<void> StoreCheckpoint(const ShardRef& shard, const Owner& owner,
                               const std::string& checkpoint) override;
  Result<void> Heartbeat(const ShardRef& shard, const Owner& owner) override;
  Result<void> StoreEnd(const ShardRef& shard, const Owner& owner,
                        const std::vector<std::int64_t>& end_offsets) override;
  Result<std::map<int, std::string>> Checkpoints(const std::string&) override;
  Result<std::optional<std::string>> FindPrint(const std::string&) override;
  Result<void> StorePrint(const std::string&, const std::string& text) override;

  bool Durable() const override { return true; }
  Result<void> Store(const ShardRef& shard, const Owner& owner, std::span<const ErrorRow> rows,
                     std::span<const FileRow> file_rows) override;
  Result<void> Rewind(const ShardRef& shard, const Owner& owner, Pass pass, int list_position,
                      std::uint64_t byte) override;
  Result<std::vector<FileRow>> FailedFiles(const ShardRef& shard, int from, int most) override;
  Result<std::uint64_t> CountErrorRows(const ShardRef& shard, int list_position) override;
  Result<FilesSum> SumOfFiles(const ShardRef& shard) override;
  Result<std::uint64_t> MarkCut(const ShardRef& shard, const Owner& owner, int list_position,
                                bool begun) override;
  Result<void> Clear(const ShardRef& shard) override;

  Result<std::optional<JobRow>> FindJob(const std::string&) override { return std::nullopt; }
  Result<void> EnsureJob(const JobRow&) override { return {}; }
  Result<void> ReopenJob(const std::string&) override { return {}; }
  Result<void> EnsureWorker(const ShardRef&, const WorkerRow&) override { return {}; }
  Result<void> FailUnclaimed(const ShardRef&, const std::string&) override { return {}; }
  Result<void> PutWorker(const ShardRef& shard, const Owner& owner, const WorkerRow& row) override;
  Result<void> EndJobIfLast(const std::string&) override { return {}; }

 private:
  Result<void> Reach() const;  // kWait while away
  Result<void> AsOwner(const ShardRef& shard, const Owner& owner) const;
  Result<ShardRow*> Owned(const ShardRef& shard, const Owner& owner);
  std::map<std::string, ShardRow> claimed_;  // by owner, whose process can put it in again
  std::int64_t NowMs() const;

  FakeClock& clock_;
};

}  // namespace reprocess::test
