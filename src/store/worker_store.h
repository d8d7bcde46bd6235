// The books over one session. shard_rows.cc, ledger_rows.cc, control_rows.cc and
// status_rows.cc hold a seam each; the ledger needs our tables, worker_store_without_tables.h does not.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/database.h"
#include "store/session.h"

namespace reprocess {

class WorkerStoreImpl : public WorkerStore {
 public:
  WorkerStoreImpl(std::unique_ptr<Session> session, Schema schema)
      : session_(std::move(session)), schema_(std::move(schema)) {}

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
  Result<std::map<int, std::string>> Checkpoints(const std::string& job_id) override;
  Result<std::optional<std::string>> FindPrint(const std::string& job_id) override;
  Result<void> StorePrint(const std::string& job_id, const std::string& text) override;

  Result<JobControls> Controls(const std::string& job_id) override;
  Result<int> ShardsAlive(const std::string& job_id, Milliseconds age) override;
  Result<void> StoreSigns(const ShardRef& shard, const Owner& owner,
                          const ShardSigns& signs) override;
  Result<void> GiveBack(const ShardRef& shard, const Owner& owner) override;

  bool Durable() const override { return true; }
  Result<void> Store(const ShardRef& shard, const Owner& owner, std::span<const ErrorRow> errors,
                     std::span<const FileRow> files) override;
  Result<void> Rewind(const ShardRef& shard, const Owner& owner, Pass pass, int list_position,
                      std::uint64_t byte) override;
  Result<std::vector<FileRow>> FailedFiles(const ShardRef& shard, int from, int most) override;
  Result<std::uint64_t> CountErrorRows(const ShardRef& shard, int list_position) override;
  Result<FilesSum> SumOfFiles(const ShardRef& shard) override;
  Result<std::uint64_t> MarkCut(const ShardRef& shard, const Owner& owner, int list_position,
                                bool begun) override;
  Result<void> Clear(const ShardRef& shard) override;

  Result<std::optional<JobRow>> FindJob(const std::string& id) override;
  Result<void> EnsureJob(const JobRow& row) override;
  Result<void> ReopenJob(const std::string& id) override;
  Result<void> EnsureWorker(const ShardRef& shard, const WorkerRow& row) override;
  Result<void> FailUnclaimed(const ShardRef& shard, const std::string& error) override;
  Result<void> PutWorker(const ShardRef& shard, const Owner& owner, const WorkerRow& row) override;
  Result<void> EndJobIfLast(const std::string& id) override;

 private:
  using ShardKey = std::pair<std::string, int>;
  struct Seen {  // a worker's row as it was when we looked
    std::string updated_at, status;
    std::int64_t generation = 0;
  };
  static ShardKey KeyOf(const ShardRef& shard) { return {shard.job_id, shard.index}; }

  bool Guarded() const { return schema_.Has("workers", "generation"); }
  // Changes the shard's control row where owner and generation are ours. One that was lost since
  // our claim is put in again; kFenced where a newer owner's is there.
  Result<void> UpdateOwned(const ShardRef& shard, const Owner& owner, std::string_view set,
                           std::vector<Arg> args);
  Result<void> PutClaim(const ShardRef& shard, const ShardRow& row);
  ShardRow* ClaimOf(const ShardRef& shard, const Owner& owner);  // nullptr: made elsewhere, or over
  // Runs `work` in a transaction in which no newer owner can appear.
  Result<void> AsOwner(const ShardRef& shard, const Owner& owner,
                       const std::function<Result<void>()>& work);

  std::mutex mutex_;
  std::unique_ptr<Session> session_;
  const Schema schema_;
  std::map<ShardKey, Seen> seen_;
  std::map<ShardKey, ShardRow> claimed_;  // through this object, with the last checkpoint
};

// Another owner has this shard's rows.
Error FencedError(std::string_view doing, const ShardRef& shard);

}  // namespace reprocess
