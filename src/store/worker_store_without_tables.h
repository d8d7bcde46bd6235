// The stores where our tables are missing: the shard's failed files are kept in memory, for as long as
// the process lives; of errors and of other files nothing is.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/worker_store.h"

namespace reprocess {

class WorkerStoreWithoutTables final : public WorkerStoreImpl {
 public:
  using WorkerStoreImpl::WorkerStoreImpl;

  bool Durable() const override { return false; }
  Result<void> Store(const ShardRef& shard, const Owner& owner, std::span<const ErrorRow> errors,
                     std::span<const FileRow> files) override;
  Result<void> Rewind(const ShardRef& shard, const Owner& owner, Pass pass, int list_position,
                      std::uint64_t byte) override;
  Result<std::vector<FileRow>> FailedFiles(const ShardRef& shard, int from, int most) override;
  Result<std::uint64_t> CountErrorRows(const ShardRef&, int) override { return std::uint64_t{0}; }
  Result<FilesSum> SumOfFiles(const ShardRef&) override { return FilesSum{}; }
  Result<std::uint64_t> MarkCut(const ShardRef&, const Owner&, int, bool) override {
    return std::uint64_t{0};
  }
  Result<void> Clear(const ShardRef& shard) override;

 private:
  std::map<int, FileRow>& FailedOf(const ShardRef& shard) {
    return failed_[{shard.job_id, shard.index}];
  }

  std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::map<int, FileRow>> failed_;  // by list position
};

}  // namespace reprocess
