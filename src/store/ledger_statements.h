// Statements over reprocessing_files and reprocessing_errors that the ledger and queries share.
#pragma once

#include <map>
#include <span>
#include <string>

#include "model/books.h"
#include "store/queries.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

inline constexpr std::size_t kFileColumns = 27;
inline constexpr std::string_view kFileColumnList =
    "list_position, path, size, version_tag, state, failure, place_byte, place_line, "
    "frame_compressed, frame_decompressed, uncounted_bytes, lines, bytes, sent, sent_bytes, "
    "skipped_bytes, error_bytes, not_utf8, skipped_by_reason, errors_by_reason, shard, "
    "version_id, item_offset, item_length, item_ranges, prefix_hash, key_path";
// The same, with NULL for what a table of an earlier build lacks: for those who only ask.
std::string FileColumnsOf(const Schema& schema);
FileRow FileRowOf(const Row& row);
FileState FileStateOf(std::string_view name);  // what is no name: kPlanned

// What the rows that `where` names sum to.
Result<FilesTotal> SelectTotal(Session& session, std::string_view where, std::vector<Arg> args);

inline constexpr std::size_t kErrorColumns = 10;
// Of the table aliased `e`.
inline constexpr std::string_view kErrorColumnList =
    "e.list_position, e.first_byte, e.end_byte, e.line_count, e.first_line, e.last_line, e.reason, "
    "e.message, e.sample, e.approximate";
ErrorRow ErrorRowOf(const Row& row);

// A file row with what only a plan knows.
struct FileInsert {
  const FileRow* row = nullptr;
  FileState state = FileState::kPlanned;
  int shard = 0;
  Arg::Value planned_version_tag = nullptr, last_modified = nullptr;
};

// Each in as few statements as the backends' limits allow; a row with the same key is replaced, but
// keeps what a plan said of it. Run inside a transaction. Keys are distinct within one call.
Result<void> PutFiles(Session& session, const std::string& job_id,
                      std::span<const FileInsert> files);
Result<void> PutErrors(Session& session, const ShardRef& shard,
                       std::span<const ErrorRow* const> errors);

// Puts files back to planned, as if never read. `where` needs :job and :shard.
Result<void> ReplanFiles(Session& session, const ShardRef& shard, std::string_view where = {},
                         std::vector<Arg> args = {});

}  // namespace reprocess
