#include "store/ledger_statements.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/prefix_hash.h"
#include "store/text.h"

namespace reprocess {
namespace {

// To PostgreSQL each statement is a journey, and 40 rows of 30 values stay below its limits. SQLite
// looks each value up among all of its statement: there many rows cost more than many statements.
std::size_t RowsAStatement(const Session& session) {
  return session.url().backend == Backend::kSqlite ? 4 : 40;
}

// A file that could not even be opened again keeps the version that reading began with: the retry
// pass goes on in that one or not at all.
constexpr std::string_view kUpsertFiles =
    "ON CONFLICT (job_id, list_position) DO UPDATE SET shard = excluded.shard, "
    "path = excluded.path, size = excluded.size, "
    "version_tag = COALESCE(NULLIF(excluded.version_tag, ''), reprocessing_files.version_tag), "
    "state = excluded.state, failure = excluded.failure, place_byte = excluded.place_byte, "
    "place_line = excluded.place_line, frame_compressed = excluded.frame_compressed, "
    "frame_decompressed = excluded.frame_decompressed, "
    "uncounted_bytes = excluded.uncounted_bytes, prefix_hash = excluded.prefix_hash, lines = "
    "excluded.lines, bytes = excluded.bytes, "
    "sent = excluded.sent, sent_bytes = excluded.sent_bytes, skipped = excluded.skipped, "
    "skipped_bytes = excluded.skipped_bytes, skipped_by_reason = excluded.skipped_by_reason, "
    "errors = excluded.errors, error_bytes = excluded.error_bytes, "
    "errors_by_reason = excluded.errors_by_reason, not_utf8 = excluded.not_utf8, "
    "started_at = COALESCE(reprocessing_files.started_at, excluded.started_at), "
    "finished_at = excluded.finished_at";

constexpr std::string_view kFileInsertColumns =
    "planned_version_tag, last_modified, version_id, item_offset, item_length, item_ranges, "
    "key_path, "
    "job_id, "
    "shard, "
    "list_position, path, size, "
    "version_tag, state, failure, place_byte, place_line, frame_compressed, frame_decompressed, "
    "prefix_hash, uncounted_bytes, lines, bytes, sent, sent_bytes, skipped, skipped_bytes, "
    "skipped_by_reason, "
    "errors, error_bytes, errors_by_reason, not_utf8, started_at, finished_at";

constexpr std::string_view kUpsertErrors =
    "ON CONFLICT (job_id, shard, list_position, first_byte) DO UPDATE SET "
    "end_byte = excluded.end_byte, line_count = excluded.line_count, "
    "first_line = excluded.first_line, last_line = excluded.last_line, reason = excluded.reason, "
    "message = excluded.message, sample = excluded.sample, approximate = excluded.approximate";

// One statement's VALUES: each row's own, named by column and row, and pieces of SQL.
class ValuesText {
 public:
  void BeginRow() {
    text_ += text_.empty() ? "(" : ", (";
    first_ = true;
    ++row_;
    column_ = 0;
  }
  void EndRow() { text_ += ')'; }
  void Add(Arg::Value value) {
    std::string name = fmt::format("v{}_{}", row_, column_++);
    AddSql(":" + name);
    Arg arg(std::move(name), nullptr);
    arg.value = std::move(value);
    args_.push_back(std::move(arg));
  }
  void Add(std::uint64_t number) { Add(Arg::Value(static_cast<std::int64_t>(number))); }
  void AddSql(std::string_view sql) {
    if (!first_) text_ += ", ";
    text_ += sql;
    first_ = false;
  }
  Result<void> Run(Session& session, std::string_view into, std::string_view on_conflict) {
    TRY_OK(session.Execute(fmt::format("INSERT INTO {} VALUES {} {}", into, text_, on_conflict),
                           std::move(args_)));
    return {};
  }

 private:
  std::string text_;
  std::vector<Arg> args_;
  bool first_ = true;
  int row_ = 0, column_ = 0;
};

bool IsFinal(FileState state) {
  return state == FileState::kDone || state == FileState::kFailed || state == FileState::kPartial ||
         state == FileState::kNotRead;
}

void AddFile(ValuesText& values, const Session& session, const std::string& job_id,
             const FileInsert& file) {
  const FileRow& row = *file.row;
  const Counters& counters = row.counters;
  values.BeginRow();
  values.Add(file.planned_version_tag);
  values.Add(file.last_modified);
  const bool part = row.offset > 0 || row.length;
  values.Add(row.version_id.empty() ? Arg::Value(nullptr) : Arg::Value(Escape(row.version_id)));
  values.Add(part ? Arg::Value(static_cast<std::int64_t>(row.offset)) : Arg::Value(nullptr));
  values.Add(row.length ? Arg::Value(static_cast<std::int64_t>(*row.length)) : Arg::Value(nullptr));
  values.Add(row.ranges.empty() ? Arg::Value(nullptr) : Arg::Value(JoinRanges(row.ranges)));
  values.Add(row.key_path.empty() ? Arg::Value(nullptr) : Arg::Value(Escape(row.key_path)));
  values.Add(Arg::Value(job_id));
  values.Add(static_cast<std::uint64_t>(file.shard));
  values.Add(static_cast<std::uint64_t>(row.list_position));
  values.Add(Arg::Value(Escape(row.path)));
  values.Add(row.size);
  values.Add(Arg::Value(Escape(row.version_tag)));
  values.Add(Arg::Value(std::string(NameOf(file.state))));
  values.Add(row.failure.empty() ? Arg::Value(nullptr) : Arg::Value(Escape(row.failure)));
  for (const std::uint64_t number :
       {row.place.byte, row.place.line, row.place.frame.compressed, row.place.frame.decompressed}) {
    values.Add(number);
  }
  const std::string hash = TextOf(row.place.hash);
  values.Add(hash.empty() ? Arg::Value(nullptr) : Arg::Value(hash));
  for (const std::uint64_t number :
       {row.uncounted_bytes, counters.lines, counters.bytes, counters.success,
        counters.success_bytes, counters.skipped(), counters.skipped_bytes}) {
    values.Add(number);
  }
  values.Add(Arg::Value(ReasonsText(counters, Side::kSkips)));
  values.Add(counters.errors());
  values.Add(counters.error_bytes);
  values.Add(Arg::Value(ReasonsText(counters, Side::kErrors)));
  values.Add(counters.not_utf8);
  const bool begun = file.state != FileState::kPlanned && file.state != FileState::kNotRead;
  values.AddSql(begun ? session.dialect().now : "NULL");
  values.AddSql(IsFinal(file.state) ? session.dialect().now : "NULL");
  values.EndRow();
}

void AddError(ValuesText& values, const ShardRef& shard, const ErrorRow& row) {
  values.BeginRow();
  values.Add(Arg::Value(shard.job_id));
  values.Add(static_cast<std::uint64_t>(shard.index));
  values.Add(static_cast<std::uint64_t>(row.list_position));
  for (const auto number :
       {row.first_byte, row.end_byte, row.count, row.first_line, row.last_line}) {
    values.Add(number);
  }
  values.Add(Arg::Value(std::string(NameOf(row.reason))));
  values.Add(Arg::Value(Escape(row.message)));
  values.Add(Arg::Value(Escape(row.sample)));
  values.Add(std::uint64_t{row.approximate});
  values.EndRow();
}

}  // namespace

FileState FileStateOf(std::string_view name) {
  for (const FileState state : {FileState::kReading, FileState::kDone, FileState::kFailed,
                                FileState::kPartial, FileState::kNotRead}) {
    if (NameOf(state) == name) return state;
  }
  return FileState::kPlanned;
}

std::string FileColumnsOf(const Schema& schema) {
  std::string columns(kFileColumnList);
  const std::pair<bool, std::string_view> added[] = {{schema.ranges, "item_ranges"},
                                                     {schema.prefix_hash, "prefix_hash"},
                                                     {schema.key_path, "key_path"}};
  for (const auto& [there, column] : added) {
    if (!there) columns.replace(columns.find(column), column.size(), "NULL");
  }
  return columns;
}

FileRow FileRowOf(const Row& row) {
  FileRow file;
  file.list_position = static_cast<int>(row.Number(0));
  file.path = Unescape(row.Text(1));
  file.size = row.Count(2);
  file.version_tag = Unescape(row.Text(3));
  file.state = FileStateOf(row.Text(4));
  file.failure = Unescape(row.Text(5));
  file.place = {
      row.Count(6), row.Count(7), {row.Count(8), row.Count(9)}, PlaceHashOf(row.Text(25))};
  file.uncounted_bytes = row.Count(10);
  Counters& counters = file.counters;
  counters.lines = row.Count(11);
  counters.bytes = row.Count(12);
  counters.success = row.Count(13);
  counters.success_bytes = row.Count(14);
  counters.skipped_bytes = row.Count(15);
  counters.error_bytes = row.Count(16);
  counters.not_utf8 = row.Count(17);
  AddReasons(row.Text(18), counters);
  AddReasons(row.Text(19), counters);
  file.version_id = Unescape(row.Text(21));
  file.offset = row.Count(22);
  if (!row.IsNull(23)) file.length = row.Count(23);
  file.ranges = SplitRanges(row.Text(24));
  file.key_path = Unescape(row.Text(26));
  return file;
}

// Files with the same reasons as often are one row: most files have none.
Result<FilesTotal> SelectTotal(Session& session, std::string_view where, std::vector<Arg> args) {
  constexpr std::pair<std::string_view, std::uint64_t Counters::*> kSums[] = {
      {"lines", &Counters::lines},
      {"bytes", &Counters::bytes},
      {"sent", &Counters::success},
      {"sent_bytes", &Counters::success_bytes},
      {"skipped_bytes", &Counters::skipped_bytes},
      {"error_bytes", &Counters::error_bytes},
      {"not_utf8", &Counters::not_utf8}};
  constexpr std::string_view kGroup = "state, skipped_by_reason, errors_by_reason";
  constexpr std::size_t kFirstSum = 4;
  std::string sums;
  for (const auto& [column, sum] : kSums) sums += fmt::format(", CAST(SUM({}) AS BIGINT)", column);
  TRY(const auto rows,
      session.Select(fmt::format("SELECT {0}, COUNT(*){1} FROM reprocessing_files {2} GROUP BY {0}",
                                 kGroup, sums, where),
                     kFirstSum + std::size(kSums), std::move(args)));
  FilesTotal total;
  for (const Row& row : rows) {
    const std::uint64_t files = row.Count(3);
    total.states.at(static_cast<std::size_t>(FileStateOf(row.Text(0)))) += files;
    Counters of_each, of_all;
    AddReasons(row.Text(1), of_each);
    AddReasons(row.Text(2), of_each);
    for (std::size_t i = 0; i < kReasonCount; ++i)
      of_all.by_reason.at(i) = of_each.by_reason.at(i) * files;
    std::size_t at = kFirstSum;
    for (const auto& [column, sum] : kSums) of_all.*sum = row.Count(at++);
    total.counters += of_all;
  }
  return total;
}

ErrorRow ErrorRowOf(const Row& row) {
  ErrorRow error;
  error.list_position = static_cast<int>(row.Number(0));
  error.first_byte = row.Count(1);
  error.end_byte = row.Count(2);
  error.count = row.Count(3);
  error.first_line = row.Count(4);
  error.last_line = row.Count(5);
  error.reason = ReasonOf(row.Text(6)).value_or(Reason::kInvalidJson);
  error.message = Unescape(row.Text(7));
  error.sample = Unescape(row.Text(8));
  error.approximate = row.Number(9) != 0;
  return error;
}

Result<void> PutFiles(Session& session, const std::string& job_id,
                      std::span<const FileInsert> files) {
  while (!files.empty()) {
    const auto some = files.first(std::min(files.size(), RowsAStatement(session)));
    ValuesText values;
    for (const FileInsert& file : some) AddFile(values, session, job_id, file);
    TRY_OK(values.Run(session, fmt::format("reprocessing_files ({})", kFileInsertColumns),
                      kUpsertFiles));
    files = files.subspan(some.size());
  }
  return {};
}

Result<void> PutErrors(Session& session, const ShardRef& shard,
                       std::span<const ErrorRow* const> errors) {
  while (!errors.empty()) {
    const auto some = errors.first(std::min(errors.size(), RowsAStatement(session)));
    ValuesText values;
    for (const ErrorRow* row : some) AddError(values, shard, *row);
    TRY_OK(values.Run(session,
                      "reprocessing_errors (job_id, shard, list_position, first_byte, end_byte, "
                      "line_count, first_line, last_line, reason, message, sample, approximate)",
                      kUpsertErrors));
    errors = errors.subspan(some.size());
  }
  return {};
}

Result<void> ReplanFiles(Session& session, const ShardRef& shard, std::string_view where,
                         std::vector<Arg> args) {
  args = Joined(std::move(args), {{"job", shard.job_id}, {"shard", shard.index}});
  TRY_OK(session.Execute(
      fmt::format("UPDATE reprocessing_files SET state = 'planned', failure = NULL, "
                  "version_tag = COALESCE(planned_version_tag, ''), place_byte = 0, "
                  "place_line = 0, frame_compressed = 0, frame_decompressed = 0, "
                  "prefix_hash = NULL, uncounted_bytes = 0, lines = 0, bytes = 0, sent = 0, "
                  "sent_bytes = 0, "
                  "skipped = 0, skipped_bytes = 0, skipped_by_reason = '{{}}', errors = 0, "
                  "error_bytes = 0, errors_by_reason = '{{}}', not_utf8 = 0, started_at = NULL, "
                  "finished_at = NULL WHERE job_id = :job AND shard = :shard {}",
                  where),
      std::move(args)));
  return {};
}

}  // namespace reprocess
