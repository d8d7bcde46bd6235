// Whether files have been sent before: by what they hold, wherever they lie.
//
//   same       an earlier job's row of the same base name, and the same bytes up to where that job
//              read (model/prefix_hash.h); or the same path in the same version
//   cost       each file that has such a row of another version or path is read once
//   unknown    rows of parts, and of earlier builds, have no hash: nothing can be said of them
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/storage.h"
#include "plan/discover.h"
#include "store/queries.h"

namespace reprocess {

enum class Seen : std::uint8_t {
  kSame,        // all of it was replayed
  kGrown,       // its first bytes were
  kUnfinished,  // a job is at it, or was stopped there: how much it has sent is not certain
  kOther,       // its path was, in a version that began otherwise
  kUnknown,     // nobody can tell
};

struct SeenFile {
  std::size_t file = 0;  // which one
  Seen seen = Seen::kSame;
  std::string job_id, topic;  // by which job, into which topic (empty: it does not say)
  std::string key_path;       // under the keys of this path
  std::uint64_t from = 0;     // kGrown: where what is new begins
};

// The files' base names, sorted, each once: as Queries::Replayed takes them. Views into `files`.
std::vector<std::string_view> NamesOf(const PlannedFiles& files);

// Those of `files` of which a job other than `job_id` has sent lines into Kafka: into this topic, or
// one that its job does not name; else into another one.
Result<std::vector<SeenFile>> FindReplayed(Queries& queries, Storage& storage,
                                           const PlannedFiles& files, const std::string& job_id,
                                           const std::string& topic, const std::stop_token& stop);

// The same by path alone, as a sentence; empty where there are none. A worker asks so, because it
// reads no file for this.
Result<std::string> AlreadyReplayed(Queries& queries, std::vector<std::string_view> paths,
                                    const std::string& job_id);

}  // namespace reprocess
