#include "store/ledger_statements.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/put_rows.h"

namespace reprocess {
namespace {

// When a file that comes into this state was begun, and when it was done with. IN would have SQLite
// make a table of the names for each row.
constexpr std::string_view kFileTimes = "started_at, finished_at";
std::string FileTimesOf(const Dialect& dialect) {
  return fmt::format(
      "CASE {{state}} WHEN 'planned' THEN NULL WHEN 'not_read' THEN NULL ELSE {0} END, "
      "CASE {{state}} WHEN 'planned' THEN NULL WHEN 'reading' THEN NULL ELSE {0} END",
      dialect.now);
}

// What a plan says of a file; the rest is as the table has it of one that nobody has read.
bool IsOfPlan(std::string_view column, Role role) {
  return role != Role::kProgress || column == "state";
}

}  // namespace

Result<void> ForEachFile(Session& session, const Schema& schema, std::string_view where,
                         const std::vector<Arg>& args, Part part,
                         const std::function<void(StoredFile&&)>& take) {
  constexpr int kPage = 1'000;
  const auto& columns = ColumnsOf<StoredFile>();
  const std::string sql = fmt::format(
      "SELECT {} FROM reprocessing_files {} AND list_position >= :from ORDER BY list_position "
      "LIMIT :most",
      SelectListOf(columns, schema, "files"), where);
  for (;;) {
    const int page = std::min(part.most, kPage);
    TRY(const auto rows,
        session.Select(sql, columns.size(), Joined(args, {{"from", part.from}, {"most", page}})));
    for (const Row& row : rows) {
      StoredFile file = ReadRow<StoredFile>(row);
      part.from = file.row.list_position + 1;
      take(std::move(file));
    }
    part.most -= static_cast<int>(rows.size());
    if (part.most == 0 || rows.size() < static_cast<std::size_t>(page)) return {};
  }
}

// Files of one state that have as many lines of each reason are one row: most have none.
Result<FilesTotal> SelectTotal(Session& session, std::string_view where, std::vector<Arg> args) {
  const auto& columns = ColumnsOf<StoredFile>();
  std::string list;
  for (const auto& [name, role, number] : columns) {
    const bool grouped = name == "state" || name.ends_with("_by_reason");
    const bool summed = number && role == Role::kProgress;
    list += grouped  ? fmt::format("{}, ", name)
            : summed ? fmt::format("CAST(SUM({}) AS BIGINT), ", name)
                     : "NULL, ";
  }
  TRY(const auto rows,
      session.Select(fmt::format("SELECT {} COUNT(*) FROM reprocessing_files {} "
                                 "GROUP BY state, skipped_by_reason, errors_by_reason",
                                 list, where),
                     columns.size() + 1, std::move(args)));
  FilesTotal total;
  for (const Row& row : rows) {
    FileRow files = ReadRow<StoredFile>(row).row;
    const std::uint64_t count = row.Count(columns.size());
    for (std::uint64_t& lines : files.counters.by_reason) lines *= count;
    total.states.at(static_cast<std::size_t>(files.state)) += count;
    total.counters += files.counters;
  }
  return total;
}

Result<void> PutPlannedFiles(Session& session, const std::string& job_id, std::size_t count,
                             const std::function<StoredFile(std::size_t)>& file) {
  PutStatement put = {.table = "reprocessing_files",
                      .of_all = {{"job_id", job_id}},
                      .columns = {},
                      .more_columns = kFileTimes,
                      .more_values = FileTimesOf(session.dialect()),
                      .on_conflict = "DO NOTHING"};
  for (const Column& column : ColumnsOf<StoredFile>()) {
    if (IsOfPlan(column.name, column.role)) put.columns.push_back(column);
  }
  return PutRows(session, put, count, [&](std::size_t i) {
    std::vector<Arg::Value> values;
    values.reserve(put.columns.size());
    const StoredFile stored = file(i);
    VisitColumns(stored, [&](std::string_view name, const auto& field, Role role) {
      if (IsOfPlan(name, role)) values.push_back(ToCell::Of(field));
    });
    return values;
  });
}

Result<void> PutFiles(Session& session, const std::string& job_id, std::size_t count,
                      const std::function<StoredFile(std::size_t)>& file) {
  // A file that could not even be opened again keeps the version that reading began with: the retry
  // pass goes on in that one or not at all.
  const PutStatement put = {
      .table = "reprocessing_files",
      .of_all = {{"job_id", job_id}},
      .columns = ColumnsOf<StoredFile>(),
      .more_columns = kFileTimes,
      .more_values = FileTimesOf(session.dialect()),
      .on_conflict =
          fmt::format("(job_id, list_position) DO UPDATE SET {}, version_tag = "
                      "COALESCE(NULLIF(excluded.version_tag, ''), reprocessing_files.version_tag), "
                      "started_at = COALESCE(reprocessing_files.started_at, excluded.started_at), "
                      "finished_at = excluded.finished_at",
                      ReplacedOf(ColumnsOf<StoredFile>()))};
  return PutRows(session, put, count, [&](std::size_t i) { return ValuesOf(file(i)); });
}

Result<void> PutErrors(Session& session, const ShardRef& shard,
                       std::span<const ErrorRow* const> errors) {
  const PutStatement put = {
      .table = "reprocessing_errors",
      .of_all = {{"job_id", shard.job_id}, {"shard", shard.index}},
      .columns = ColumnsOf<ErrorRow>(),
      .more_columns = {},
      .more_values = {},
      .on_conflict = fmt::format("(job_id, shard, list_position, first_byte) DO UPDATE SET {}",
                                 ReplacedOf(ColumnsOf<ErrorRow>()))};
  return PutRows(session, put, errors.size(), [&](std::size_t i) { return ValuesOf(*errors[i]); });
}

Result<void> ReplanFiles(Session& session, const ShardRef& shard, std::string_view where,
                         std::vector<Arg> args) {
  args = Joined(std::move(args), {{"job", shard.job_id}, {"shard", shard.index}});
  TRY_OK(session.Execute(
      fmt::format("UPDATE reprocessing_files SET {}, version_tag = "
                  "COALESCE(planned_version_tag, ''), started_at = NULL, finished_at = NULL "
                  "WHERE job_id = :job AND shard = :shard AND state <> 'planned' {}",
                  AssignedOf(ColumnsOf<StoredFile>(), Role::kProgress), where),
      Joined(std::move(args), ArgsOf(StoredFile{}, Role::kProgress))));
  return {};
}

}  // namespace reprocess
