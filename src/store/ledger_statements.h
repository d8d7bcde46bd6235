// The columns of reprocessing_files and reprocessing_errors, and the statements over them that the
// ledger and queries share.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "model/stores.h"
#include "store/columns.h"
#include "store/queries.h"
#include "store/session.h"

namespace reprocess {

// A row of reprocessing_files in full: with what only a plan knows. The job's id and the times, which
// the database writes, stand beside these columns.
struct StoredFile {
  FileRow row;
  int shard = 0;
  std::optional<std::string> planned_version_tag{}, last_modified{};
};

template <MaybeConst<StoredFile> F, class Visitor>
void VisitColumns(F& file, Visitor&& visit) {
  auto& row = file.row;
  auto& counters = row.counters;
  visit("list_position", row.list_position, Role::kKey);
  visit("planned_version_tag", file.planned_version_tag, Role::kOnce);
  visit("last_modified", file.last_modified, Role::kOnce);
  visit("version_id", OrNull{row.version_id}, Role::kOnce);
  visit("item_offset", OffsetOf{row.offset, row.length}, Role::kOnce);
  visit("item_length", row.length, Role::kOnce);
  visit("item_ranges", row.ranges, Role::kOnce);
  visit("key_path", OrNull{row.key_path}, Role::kOnce);
  visit("shard", file.shard, Role::kReplaced);
  visit("path", row.path, Role::kReplaced);
  visit("size", row.size, Role::kReplaced);
  visit("version_tag", row.version_tag, Role::kSpecial);
  visit("state", row.state, Role::kProgress);
  visit("failure", OrNull{row.failure}, Role::kProgress);
  visit("place_byte", row.place.byte, Role::kProgress);
  visit("place_line", row.place.line, Role::kProgress);
  visit("frame_compressed", row.place.frame.compressed, Role::kProgress);
  visit("frame_decompressed", row.place.frame.decompressed, Role::kProgress);
  visit("prefix_hash", row.place.hash, Role::kProgress);
  visit("uncounted_bytes", row.uncounted_bytes, Role::kProgress);
  visit("lines", counters.lines, Role::kProgress);
  visit("bytes", counters.bytes, Role::kProgress);
  visit("sent", counters.success, Role::kProgress);
  visit("sent_bytes", counters.success_bytes, Role::kProgress);
  visit("skipped", SumOf{counters, Side::kSkips}, Role::kProgress);
  visit("skipped_bytes", counters.skipped_bytes, Role::kProgress);
  visit("skipped_by_reason", ReasonsOf{counters, Side::kSkips}, Role::kProgress);
  visit("errors", SumOf{counters, Side::kErrors}, Role::kProgress);
  visit("error_bytes", counters.error_bytes, Role::kProgress);
  visit("errors_by_reason", ReasonsOf{counters, Side::kErrors}, Role::kProgress);
  visit("not_utf8", counters.not_utf8, Role::kProgress);
}

// The job's id and the shard stand beside these columns.
template <MaybeConst<ErrorRow> E, class Visitor>
void VisitColumns(E& error, Visitor&& visit) {
  visit("list_position", error.list_position, Role::kKey);
  visit("first_byte", error.first_byte, Role::kKey);
  visit("end_byte", error.end_byte, Role::kReplaced);
  visit("line_count", error.count, Role::kReplaced);
  visit("first_line", error.first_line, Role::kReplaced);
  visit("last_line", error.last_line, Role::kReplaced);
  visit("reason", error.reason, Role::kReplaced);
  visit("message", error.message, Role::kReplaced);
  visit("sample", error.sample, Role::kReplaced);
  visit("approximate", error.approximate, Role::kReplaced);
}

// The rows that `where` names, from a list position on, by list position: in pages, as a job may have
// 100,000.
struct Part {
  int from = 0, most = std::numeric_limits<int>::max();
};
Result<void> ForEachFile(Session& session, const Schema& schema, std::string_view where,
                         const std::vector<Arg>& args, Part part,
                         const std::function<void(StoredFile&&)>& take);

// What the rows that `where` names sum to.
Result<FilesTotal> SelectTotal(Session& session, std::string_view where, std::vector<Arg> args);

// Rows of a plan that are not there yet. Run inside a transaction.
Result<void> PutPlannedFiles(Session& session, const std::string& job_id, std::size_t count,
                             const std::function<StoredFile(std::size_t)>& file);

// A row with the same key is replaced, but keeps what a plan said of it. Run inside a transaction.
// Keys are distinct within one call.
Result<void> PutFiles(Session& session, const std::string& job_id, std::size_t count,
                      const std::function<StoredFile(std::size_t)>& file);
Result<void> PutErrors(Session& session, const ShardRef& shard,
                       std::span<const ErrorRow* const> errors);

// Puts files back to planned, as if never read: those that are not. `where` needs :job and :shard.
Result<void> ReplanFiles(Session& session, const ShardRef& shard, std::string_view where = {},
                         std::vector<Arg> args = {});

}  // namespace reprocess
