// The files.json of a job whose list is in its database, because it is longer than what a pod can
// mount: {"plan":"database","shards":3,"total_files":70000,"begins_at":0,"list":"…","sha256":"…"}; or
// that as the "files" of requirements.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

struct StoredList {
  int shards = 0;
  int total_files = 0;  // items of the whole list
  int begins_at = 0;    // list position of start_file, before which nothing is read
  std::string list;     // hash of the whole list, as jobs' prints have it
  std::string sha256;   // over the hashes of the shares
  bool operator==(const StoredList&) const = default;
};

std::string ToText(const StoredList& list);

// nullopt for a text that does not say that the list is in the database. kInvalid where it does and
// something of it is missing; kUnsupported where it requires what this build does not know.
Result<std::optional<StoredList>> ParseStoredList(std::string_view text);

}  // namespace reprocess
