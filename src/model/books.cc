#include "model/books.h"

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

}  // namespace reprocess
