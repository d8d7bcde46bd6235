#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "store/control_row.h"
#include "store/text.h"
#include "store/worker_store.h"

namespace reprocess {
namespace {

std::unexpected<Error> Impossible(std::string_view column, const std::string& value,
                                  std::string_view expected) {
  return Fatal(
      fmt::format("read reprocessing_controls.{}: expected {}, got {}", column, expected, value));
}

Result<std::optional<std::uint64_t>> Limit(const Row& row, std::size_t at,
                                           std::string_view column) {
  if (row.IsNull(at)) return std::nullopt;
  if (row.Number(at) < 0) return Impossible(column, row.Text(at), "a whole number ≥ 0, or NULL");
  return row.Count(at);
}

// A JSON array: the name of a group may hold any character.
Result<std::optional<std::vector<std::string>>> Groups(const Row& row, std::size_t at) {
  if (row.IsNull(at)) return std::nullopt;
  const auto json = nlohmann::json::parse(row.Text(at), nullptr, false);
  const bool texts = json.is_array() && std::ranges::all_of(json, [](const auto& item) {
                       return item.is_string() && item != "";
                     });
  if (!texts) {
    return Impossible("lag_groups", row.Text(at), R"(a JSON array such as ["group"], or NULL)");
  }
  return json.get<std::vector<std::string>>();
}

Result<std::optional<MaxErrors>> Errors(const Row& row, std::size_t at) {
  if (row.IsNull(at)) return std::nullopt;
  const auto most = ParseMaxErrors(row.Text(at));
  if (!most) return Impossible("max_errors", row.Text(at), "lines, a share such as 5%, or NULL");
  return most;
}

std::string GroupsText(const std::vector<std::string>& groups) {
  return nlohmann::json(groups).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Question ControlsQuestion(const Schema& schema) {
  return {fmt::format("SELECT paused, max_messages_per_second, max_bytes_per_second, "
                      "max_consumer_lag, lag_groups, {} FROM reprocessing_controls "
                      "WHERE job_id = :job",
                      schema.Has("controls", "max_errors") ? "max_errors" : "NULL"),
          6};
}

Result<JobControls> ControlsOf(const Row& row) {
  JobControls controls;
  controls.paused = row.Number(0) != 0;
  TRY(controls.max_messages_per_second, Limit(row, 1, "max_messages_per_second"));
  TRY(controls.max_bytes_per_second, Limit(row, 2, "max_bytes_per_second"));
  TRY(controls.max_consumer_lag, Limit(row, 3, "max_consumer_lag"));
  TRY(controls.lag_groups, Groups(row, 4));
  TRY(controls.max_errors, Errors(row, 5));
  return controls;
}

Result<JobControls> SelectControls(Session& session, const Schema& schema,
                                   const std::string& job_id) {
  const Question question = ControlsQuestion(schema);
  TRY(const auto rows, session.Select(question.sql, question.columns, {{"job", job_id}}));
  return rows.empty() ? JobControls{} : ControlsOf(rows.front());
}

Result<void> ChangeControls(Session& session, const std::string& job_id,
                            const ControlsChange& change) {
  std::vector<Arg> args = {{"job", job_id}};
  const auto limit = [&](const char* column, const auto& value) {
    if (!value) return;
    args.push_back(*value ? Arg(column, **value) : Arg(column, nullptr));
  };
  if (change.paused) args.emplace_back("paused", *change.paused ? 1 : 0);
  limit("max_messages_per_second", change.max_messages_per_second);
  limit("max_bytes_per_second", change.max_bytes_per_second);
  limit("max_consumer_lag", change.max_consumer_lag);
  if (change.lag_groups) {
    args.push_back(*change.lag_groups ? Arg("lag_groups", GroupsText(**change.lag_groups))
                                      : Arg("lag_groups", nullptr));
  }
  if (change.max_errors) {
    args.push_back(*change.max_errors ? Arg("max_errors", ToText(**change.max_errors))
                                      : Arg("max_errors", nullptr));
  }
  std::string columns, values, updates;
  for (std::size_t i = 1; i < args.size(); ++i) {
    columns += ", " + args[i].name;
    values += ", :" + args[i].name;
    updates += fmt::format(", {0} = excluded.{0}", args[i].name);
  }
  TRY_OK(session.Execute(
      fmt::format("INSERT INTO reprocessing_controls (job_id, updated_at{}) VALUES (:job, {}{}) "
                  "ON CONFLICT (job_id) DO UPDATE SET updated_at = excluded.updated_at{}",
                  columns, session.dialect().now, values, updates),
      args));
  return {};
}

Result<JobControls> WorkerStoreImpl::Controls(const std::string& job_id) {
  if (!schema_.Has("controls")) {
    return std::unexpected(
        NoTables("read the job's limits: reprocessing_controls is missing and cannot be made"));
  }
  const std::scoped_lock lock(mutex_);
  return SelectControls(*session_, schema_, job_id);
}

Result<int> WorkerStoreImpl::ShardsAlive(const std::string& job_id, Milliseconds age) {
  if (!schema_.HasOwnTables()) return 0;
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows,
      session_->Select(fmt::format("SELECT COUNT(*) FROM reprocessing_shards WHERE job_id = :job "
                                   "AND {} - heartbeat_ms <= :age",
                                   session_->dialect().now_ms),
                       1, {{"job", job_id}, {"age", age.count()}}));
  return rows.empty() ? 0 : static_cast<int>(rows.front().Number(0));
}

Result<void> WorkerStoreImpl::StoreSigns(const ShardRef& shard, const Owner& owner,
                                         const ShardSigns& signs) {
  std::string set;
  std::vector<Arg> args;
  const auto add = [&](Arg arg) {
    if (!schema_.Has("shards", arg.name)) return;
    set += fmt::format("{}{} = :{}", set.empty() ? "" : ", ", arg.name, arg.name);
    args.push_back(std::move(arg));
  };
  if (signs.throttle) {
    add(signs.throttle->empty() ? Arg("throttle", nullptr)
                                : Arg("throttle", Escape(*signs.throttle)));
  }
  if (signs.stored_bytes) add({"stored_bytes", *signs.stored_bytes});
  if (signs.consumer_lag) add({"consumer_lag", *signs.consumer_lag});
  if (set.empty()) return {};
  return UpdateOwned(shard, owner, set, std::move(args));
}

Result<void> WorkerStoreImpl::GiveBack(const ShardRef& shard, const Owner& owner) {
  std::string set = "heartbeat_ms = 0";
  if (schema_.Has("shards", "stopped_at"))
    set += fmt::format(", stopped_at = {}", session_->dialect().now);
  return UpdateOwned(shard, owner, set, {});
}

}  // namespace reprocess
