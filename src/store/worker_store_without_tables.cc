#include "store/worker_store_without_tables.h"

namespace reprocess {

Result<void> WorkerStoreWithoutTables::Store(const ShardRef& shard, const Owner&,
                                             std::span<const ErrorRow>,
                                             std::span<const FileRow> files) {
  const std::scoped_lock lock(mutex_);
  auto& failed = FailedOf(shard);
  for (const auto& file : files) {
    failed.erase(file.list_position);
    if (file.state == FileState::kFailed) failed.emplace(file.list_position, file);
  }
  return {};
}

Result<void> WorkerStoreWithoutTables::Rewind(const ShardRef& shard, const Owner&, Pass pass,
                                              int list_position, std::uint64_t) {
  const std::scoped_lock lock(mutex_);
  auto& failed = FailedOf(shard);
  if (pass == Pass::kFirst) failed.erase(failed.upper_bound(list_position), failed.end());
  return {};
}

Result<std::vector<FileRow>> WorkerStoreWithoutTables::FailedFiles(const ShardRef& shard, int from,
                                                                   int most) {
  const std::scoped_lock lock(mutex_);
  const auto& failed = FailedOf(shard);
  std::vector<FileRow> rows;
  for (auto at = failed.lower_bound(from); at != failed.end() && most > 0; ++at, --most) {
    rows.push_back(at->second);
  }
  return rows;
}

Result<void> WorkerStoreWithoutTables::Clear(const ShardRef& shard) {
  const std::scoped_lock lock(mutex_);
  FailedOf(shard).clear();
  return {};
}

}  // namespace reprocess
