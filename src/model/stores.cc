#include "model/stores.h"

namespace reprocess {

std::string_view NameOf(Mode mode) {
  constexpr std::string_view kNames[] = {"exactly_once", "at_least_once", "files", "dry_run"};
  return kNames[static_cast<std::size_t>(mode)];
}

std::string_view NameOf(FileState state) {
  constexpr std::string_view kNames[] = {"planned", "reading", "done",
                                         "failed",  "partial", "not_read"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view NameOf(WorkerStatus status) {
  constexpr std::string_view kNames[] = {"pending", "running", "completed", "failed", "cancelled"};
  return kNames[static_cast<std::size_t>(status)];
}

FileRow RowOf(const FileItem& item) {
  FileRow row;
  row.path = item.path;
  row.size = item.size;
  row.version_id = *item.version_id;
  row.offset = item.offset;
  row.length = item.length;
  row.ranges = *item.ranges;
  row.key_path = *item.key_path;
  row.line_set = item.line_set;
  return row;
}

FileItem ItemOf(const FileRow& row) {
  FileItem item;
  item.path = row.path;
  item.size = row.size;
  item.version_id = row.version_id;
  item.offset = row.offset;
  item.length = row.length;
  item.ranges = row.ranges;
  item.key_path = row.key_path;
  item.line_set = row.line_set;
  return item;
}

}  // namespace reprocess
