#include <fmt/format.h>

#include "store/control_row.h"
#include "store/text.h"
#include "store/worker_store.h"

namespace reprocess {

Error FencedError(std::string_view doing, const ShardRef& shard) {
  return {.remedy = Remedy::kFenced,
          .what = fmt::format("{}: a newer owner has this shard", doing),
          .where = fmt::format("job {}, shard {}", shard.job_id, shard.index),
          .hint = "",
          .code = Code::kConflict};
}

std::string TimeText(const Session& session, std::string_view column) {
  if (session.url().backend == Backend::kSqlite) return std::string(column);
  return fmt::format("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')", column);
}

std::string NamesWithTimes(const Session& session, const std::vector<Column>& columns) {
  std::string list;
  for (const Column& column : columns) {
    list += list.empty() ? "" : ", ";
    list +=
        column.name.ends_with("_at") ? TimeText(session, column.name) : std::string(column.name);
  }
  return list;
}

std::string ControlColumns(const Session& session, const Schema& schema) {
  std::string list;
  for (const Column& column : ColumnsOf<ShardRow>()) {
    const bool there = schema.Has("shards", column.name);
    std::string from(there ? column.name : "NULL");
    if (column.name == "heartbeat_age") {
      from = fmt::format("{} - heartbeat_ms", session.dialect().now_ms);
    } else if (there && column.name == "stopped_at") {
      from = TimeText(session, column.name);
    }
    list += (list.empty() ? "" : ", ") + from;
  }
  return list;
}

Result<void> WorkerStoreImpl::Available() const {
  if (schema_.HasOwnTables()) return {};
  return std::unexpected(
      NoTables("keep a checkpoint in the database: reprocessing_shards is missing and cannot be "
               "made"));
}

Result<std::optional<ShardRow>> WorkerStoreImpl::Find(const ShardRef& shard) {
  if (!schema_.HasOwnTables()) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows, session_->Select(fmt::format("SELECT {} FROM reprocessing_shards "
                                                    "WHERE job_id = :job AND shard = :shard",
                                                    ControlColumns(*session_, schema_)),
                                        ColumnsOf<ShardRow>().size(),
                                        {{"job", shard.job_id}, {"shard", shard.index}}));
  if (rows.empty()) return std::nullopt;
  return ReadRow<ShardRow>(rows.front());
}

Result<void> WorkerStoreImpl::Claim(const ShardRef& shard, Mode mode, const Owner& owner,
                                    const std::string& checkpoint,
                                    const std::vector<std::int64_t>& start_offsets) {
  if (!schema_.HasOwnTables()) return {};
  const std::scoped_lock lock(mutex_);
  ShardRow row;
  row.mode = mode;
  row.owner = owner;
  row.checkpoint = checkpoint;
  row.start_offsets = start_offsets;
  TRY_OK(PutClaim(shard, row));
  ShardRow& ours = claimed_[KeyOf(shard)];
  if (!ours.start_offsets.empty()) row.start_offsets = std::move(ours.start_offsets);
  ours = std::move(row);
  return {};
}

Result<void> WorkerStoreImpl::PutClaim(const ShardRef& shard, const ShardRow& row) {
  const Arg offsets = row.start_offsets.empty() ? Arg("offsets", nullptr)
                                                : Arg("offsets", JoinOffsets(row.start_offsets));
  TRY(const auto changed,
      session_->Execute(
          fmt::format(
              "INSERT INTO reprocessing_shards (job_id, shard, mode, owner, host, generation, "
              "claimed_at, heartbeat_ms, checkpoint, start_offsets) "
              "VALUES (:job, :shard, :mode, :owner, :host, :generation, {}, {}, :checkpoint, "
              ":offsets) "
              "ON CONFLICT (job_id, shard) DO UPDATE SET mode = excluded.mode, "
              "owner = excluded.owner, host = excluded.host, generation = excluded.generation, "
              "claimed_at = excluded.claimed_at, heartbeat_ms = excluded.heartbeat_ms, "
              "checkpoint = excluded.checkpoint, end_offsets = NULL, {}{}"
              "start_offsets = COALESCE(reprocessing_shards.start_offsets, excluded.start_offsets) "
              "WHERE reprocessing_shards.generation < excluded.generation "
              "OR (reprocessing_shards.owner = excluded.owner "
              "AND reprocessing_shards.generation = excluded.generation)",
              session_->dialect().now, session_->dialect().now_ms,
              schema_.Has("shards", "throttle") ? "throttle = NULL, " : "",
              schema_.Has("shards", "stopped_at") ? "stopped_at = NULL, " : ""),
          {{"job", shard.job_id},
           {"shard", shard.index},
           {"mode", NameOf(row.mode)},
           {"owner", Escape(row.owner.id)},
           {"host", Escape(row.owner.host)},
           {"generation", row.owner.generation},
           {"checkpoint", row.checkpoint},
           offsets}));
  if (changed == 0) return std::unexpected(FencedError("claim", shard));
  return {};
}

ShardRow* WorkerStoreImpl::ClaimOf(const ShardRef& shard, const Owner& owner) {
  const auto found = claimed_.find(KeyOf(shard));
  const bool ours = found != claimed_.end() && found->second.owner.id == owner.id &&
                    found->second.owner.generation == owner.generation;
  return ours ? &found->second : nullptr;
}

Result<void> WorkerStoreImpl::UpdateOwned(const ShardRef& shard, const Owner& owner,
                                          std::string_view set, std::vector<Arg> args) {
  if (!schema_.HasOwnTables()) return {};
  const std::scoped_lock lock(mutex_);
  args = Joined(std::move(args), {{"job", shard.job_id},
                                  {"shard", shard.index},
                                  {"owner", Escape(owner.id)},
                                  {"generation", owner.generation}});
  const std::string update = fmt::format(
      "UPDATE reprocessing_shards SET {} WHERE job_id = :job AND shard = :shard AND owner = :owner "
      "AND generation = :generation",
      set);
  TRY(auto changed, session_->Execute(update, args));
  if (const ShardRow* claim = ClaimOf(shard, owner); changed == 0 && claim != nullptr) {
    TRY_OK(PutClaim(shard, *claim));
    TRY(changed, session_->Execute(update, args));
  }
  if (changed == 0) return std::unexpected(FencedError("update the shard's row", shard));
  return {};
}

Result<void> WorkerStoreImpl::StoreCheckpoint(const ShardRef& shard, const Owner& owner,
                                              const std::string& checkpoint) {
  TRY_OK(UpdateOwned(
      shard, owner,
      fmt::format("checkpoint = :checkpoint, heartbeat_ms = {}", session_->dialect().now_ms),
      {{"checkpoint", checkpoint}}));
  const std::scoped_lock lock(mutex_);
  if (ShardRow* claim = ClaimOf(shard, owner)) claim->checkpoint = checkpoint;
  return {};
}

Result<void> WorkerStoreImpl::Heartbeat(const ShardRef& shard, const Owner& owner) {
  return UpdateOwned(shard, owner, fmt::format("heartbeat_ms = {}", session_->dialect().now_ms),
                     {});
}

Result<void> WorkerStoreImpl::StoreEnd(const ShardRef& shard, const Owner& owner,
                                       const std::vector<std::int64_t>& end_offsets) {
  return UpdateOwned(shard, owner, "end_offsets = :offsets",
                     {{"offsets", JoinOffsets(end_offsets)}});
}

Result<std::map<int, std::string>> WorkerStoreImpl::Checkpoints(const std::string& job_id) {
  std::map<int, std::string> checkpoints;
  if (!schema_.HasOwnTables()) return checkpoints;
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows,
      session_->Select("SELECT shard, checkpoint FROM reprocessing_shards WHERE job_id = :job "
                       "AND mode <> 'dry_run'",
                       2, {{"job", job_id}}));
  for (const Row& row : rows) checkpoints[static_cast<int>(row.Number(0))] = row.Text(1);
  return checkpoints;
}

// Whoever has no right to the table of a later build goes on as without it.
Result<std::optional<std::string>> WorkerStoreImpl::FindPrint(const std::string& job_id) {
  if (!schema_.Has("prints")) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  const auto rows = session_->Select("SELECT print FROM reprocessing_prints WHERE job_id = :job", 1,
                                     {{"job", job_id}});
  if (rows && !rows->empty()) return rows->front().Text(0);
  if (rows || rows.error().code == Code::kNotAuthorized) return std::nullopt;
  return std::unexpected(rows.error());
}

Result<void> WorkerStoreImpl::StorePrint(const std::string& job_id, const std::string& text) {
  if (!schema_.Has("prints")) return {};
  const std::scoped_lock lock(mutex_);
  const auto stored =
      session_->Execute(fmt::format("INSERT INTO reprocessing_prints (job_id, print, made_at) "
                                    "VALUES (:job, :print, {}) ON CONFLICT (job_id) DO NOTHING",
                                    session_->dialect().now),
                        {{"job", job_id}, {"print", text}});
  if (stored || stored.error().code == Code::kNotAuthorized) return {};
  return std::unexpected(stored.error());
}

}  // namespace reprocess
