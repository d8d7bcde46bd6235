#include <fmt/format.h>

#include "store/ledger_statements.h"
#include "store/text.h"
#include "store/worker_store.h"

namespace reprocess {
namespace {

constexpr std::string_view kOfShard = "WHERE job_id = :job AND shard = :shard";

std::vector<Arg> ArgsOf(const ShardRef& shard) {
  return {{"job", shard.job_id}, {"shard", shard.index}};
}

// Of rows with one key the last counts: a statement may not touch a row twice.
std::vector<const ErrorRow*> Distinct(std::span<const ErrorRow> errors) {
  std::map<std::pair<int, std::uint64_t>, const ErrorRow*> by_key;
  for (const auto& row : errors) by_key[{row.list_position, row.first_byte}] = &row;
  std::vector<const ErrorRow*> rows;
  for (const auto& [key, row] : by_key) rows.push_back(row);
  return rows;
}

std::vector<const FileRow*> Distinct(std::span<const FileRow> files) {
  std::map<int, const FileRow*> by_position;
  for (const auto& row : files) by_position[row.list_position] = &row;
  std::vector<const FileRow*> rows;
  for (const auto& [position, row] : by_position) rows.push_back(row);
  return rows;
}

// Error rows of this shard that were stored ahead of the committed place. The retry pass reads no
// file that the checkpoint does not name.
constexpr std::string_view kAheadInFirstPass =
    "(list_position > :at OR (list_position = :at AND first_byte >= :byte))";
constexpr std::string_view kAheadInRetryPass = "list_position = :at AND first_byte >= :byte";

}  // namespace

Result<void> WorkerStoreImpl::AsOwner(const ShardRef& shard, const Owner& owner,
                                      const std::function<Result<void>()>& work) {
  return session_->InTransaction([&]() -> Result<void> {
    TRY(const auto rows,
        session_->Select(fmt::format("SELECT generation FROM reprocessing_shards {}{}", kOfShard,
                                     session_->dialect().for_share),
                         1, ArgsOf(shard)));
    if (!rows.empty() && rows.front().Count(0) > owner.generation) {
      return std::unexpected(FencedError("write the ledger", shard));
    }
    return work();
  });
}

Result<void> WorkerStoreImpl::Store(const ShardRef& shard, const Owner& owner,
                                    std::span<const ErrorRow> errors,
                                    std::span<const FileRow> files) {
  const std::scoped_lock lock(mutex_);
  if (errors.empty() && files.empty()) return {};
  return AsOwner(shard, owner, [&]() -> Result<void> {
    TRY_OK(PutErrors(*session_, shard, Distinct(errors)));
    const std::vector<const FileRow*> rows = Distinct(files);
    return PutFiles(*session_, shard.job_id, rows.size(), [&](std::size_t i) {
      return StoredFile{.row = *rows[i], .shard = shard.index};
    });
  });
}

Result<void> WorkerStoreImpl::Rewind(const ShardRef& shard, const Owner& owner, Pass pass,
                                     int list_position, std::uint64_t byte) {
  const std::scoped_lock lock(mutex_);
  return AsOwner(shard, owner, [&]() -> Result<void> {
    auto args = ArgsOf(shard);
    args = Joined(std::move(args), {{"at", list_position}, {"byte", byte}});
    TRY_OK(
        session_->Execute(fmt::format("DELETE FROM reprocessing_errors {} AND {}", kOfShard,
                                      pass == Pass::kFirst ? kAheadInFirstPass : kAheadInRetryPass),
                          args));
    if (pass != Pass::kFirst) return {};
    return ReplanFiles(*session_, shard, "AND list_position > :at", {{"at", list_position}});
  });
}

Result<std::vector<FileRow>> WorkerStoreImpl::FailedFiles(const ShardRef& shard, int from,
                                                          int most) {
  const std::scoped_lock lock(mutex_);
  std::vector<FileRow> rows;
  TRY_OK(ForEachFile(*session_, schema_, fmt::format("{} AND state = 'failed'", kOfShard),
                     ArgsOf(shard), {from, most},
                     [&](StoredFile&& file) { rows.push_back(std::move(file.row)); }));
  return rows;
}

Result<std::uint64_t> WorkerStoreImpl::CountErrorRows(const ShardRef& shard, int list_position) {
  const std::scoped_lock lock(mutex_);
  auto args = ArgsOf(shard);
  args.emplace_back("at", list_position);
  TRY(const auto rows, session_->Select(fmt::format("SELECT COUNT(*) FROM reprocessing_errors {} "
                                                    "AND list_position = :at",
                                                    kOfShard),
                                        1, std::move(args)));
  return rows.front().Count(0);
}

Result<FilesSum> WorkerStoreImpl::SumOfFiles(const ShardRef& shard) {
  const std::scoped_lock lock(mutex_);
  TRY(const FilesTotal total, SelectTotal(*session_, kOfShard, ArgsOf(shard)));
  return FilesSum{total.counters, total.states.at(static_cast<std::size_t>(FileState::kFailed))};
}

Result<std::uint64_t> WorkerStoreImpl::MarkCut(const ShardRef& shard, const Owner& owner,
                                               int list_position, bool begun) {
  const std::scoped_lock lock(mutex_);
  const std::string mark =
      fmt::format("UPDATE reprocessing_files SET state = :state, finished_at = {} {} ",
                  session_->dialect().now, kOfShard);
  const auto args = [&](FileState state, int position) {
    return Joined(ArgsOf(shard), {{"state", NameOf(state)}, {"at", position}});
  };
  std::uint64_t not_read = 0;
  const auto cut = [&]() -> Result<void> {
    if (begun) {
      TRY_OK(session_->Execute(mark + "AND list_position = :at AND state = 'planned'",
                               args(FileState::kPartial, list_position)));
    }
    TRY(not_read,
        session_->Execute(mark + "AND list_position >= :at AND state IN ('planned', 'not_read')",
                          args(FileState::kNotRead, list_position + (begun ? 1 : 0))));
    return {};
  };
  TRY_OK(AsOwner(shard, owner, cut));
  return not_read;
}

// Rows that a plan made stay, as planned: they are what the job is.
Result<void> WorkerStoreImpl::Clear(const ShardRef& shard) {
  const std::scoped_lock lock(mutex_);
  return session_->InTransaction([&]() -> Result<void> {
    TRY_OK(session_->Execute(fmt::format("DELETE FROM reprocessing_errors {}", kOfShard),
                             ArgsOf(shard)));
    TRY_OK(session_->Execute(fmt::format("DELETE FROM reprocessing_files {} "
                                         "AND planned_version_tag IS NULL",
                                         kOfShard),
                             ArgsOf(shard)));
    return ReplanFiles(*session_, shard);
  });
}

}  // namespace reprocess
