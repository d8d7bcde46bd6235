// What a job replays and how: the mounted files' content, checked (contract sections 2 and 6).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rare.h"
#include "model/line_set.h"
#include "model/throttle.h"
#include "model/time_text.h"

namespace reprocess {

// [first, first + length) of a file's decompressed bytes.
struct ByteRange {
  std::uint64_t first = 0, length = 0;

  std::uint64_t end() const { return first > UINT64_MAX - length ? UINT64_MAX : first + length; }
  bool operator==(const ByteRange&) const = default;
};

// One entry of files.json.
//
//   parts      an item that is not the whole file owns exactly the lines whose first byte lies in
//              its stretch: [offset, offset + length) of a plain file, or one of `ranges` of any
//              file; of these the lines of its set alone, where it has one. Places, keys and rows
//              name bytes of the whole file all the same
struct FileItem {
  std::string path;        // as listed: "s3://bucket/key", literal, or a local path
  std::uint64_t size = 0;  // of the whole file, as listed, in bytes; 0 when the list does not say
  Rare<std::string> version_id{};  // S3 object version to read; empty = the current one
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length{};  // nullopt: to the end
  Rare<std::vector<ByteRange>> ranges{};  // ascending, apart from each other; none with an offset
  LineSet line_set{};                     // of the file's lines, these; none with an offset
  Rare<std::string> etag{};               // the version tag that the file must have; empty = any
  Rare<std::string> key_path{};           // whose keys its lines have, of a copy; empty = path's
  int list_position = 0;                  // in the whole list, from 0; set by AssignmentMaker

  bool operator==(const FileItem&) const = default;
};

// The path that the keys of the item's lines derive from.
inline const std::string& KeyPathOf(const FileItem& item) {
  return item.key_path.empty() ? item.path : *item.key_path;
}

// What the item adds to a worker's bytes: its length where it has one.
inline std::uint64_t ListedBytes(const FileItem& item) {
  return item.length.value_or(item.size);
}

// Of these, what was read when reading has come to that byte of the stored object.
std::uint64_t StoredBytesRead(const FileItem& item, std::uint64_t stored_byte);

// The stretches in which the item's lines begin; all of the file is one that has no end.
std::vector<ByteRange> OwnedRanges(const FileItem& item);

// Whether two items of one file share a byte, as far as their stretches tell.
bool Overlap(const FileItem& a, const FileItem& b);

inline bool IsPart(const FileItem& item) {
  return item.offset > 0 || item.length || !item.ranges.empty() || !item.line_set.all();
}

enum class DeliveryChoice : std::uint8_t { kAuto, kExactlyOnce, kAtLeastOnce };
std::string_view NameOf(DeliveryChoice choice);  // "auto", "exactly_once", "at_least_once"

// config.json. Empty lists are no filter; absent bounds are none.
struct JobConfig {
  std::vector<std::string> stream_ids, connection_ids;
  // Of what the repository says of a stream, these alone; and what that came to when the job was
  // planned, stream by stream, which decides. Streams with nothing left are not in it.
  std::vector<std::string> only_connections{};
  std::map<std::string, std::vector<std::string>> stream_connections{};
  std::optional<PreciseTime> date_from, date_to;  // inclusive
  std::string start_file;                         // empty = the first
  std::uint64_t start_line = 0;                   // from 1; 0 = none
  std::uint64_t limit = 0;                        // of the whole job; 0 = none
  std::vector<std::uint64_t> earlier_limits{};    // that it had before: shards may stand at them
  std::uint64_t batch_size = 1000;
  int retry_attempts = 3;
  bool dry_run = false;
  DeliveryChoice delivery = DeliveryChoice::kAuto;
  ThrottleLimits throttle;
  std::string source;  // s3_path or local_path; informative
  std::string json;    // the text as mounted, for the job row
};

// Whether the repository is asked where a line goes; else the configuration says it.
inline bool LooksUp(const JobConfig& config) {
  return config.connection_ids.empty() && config.only_connections.empty();
}

// What one worker does: shard `index` of `total`.
struct Assignment {
  std::string job_id;
  int index = 0, total = 1;
  std::vector<FileItem> files;  // in list order
  std::uint64_t limit = 0;      // this worker's share of a limit
  bool limited = false;         // there is a limit; a share may be 0
  int job_files = 0;            // of all workers: those not before start_file
  int listed_files = 0;         // with those
};

// What worker `index` of `total` may send of a job's limit.
std::uint64_t ShareOf(std::uint64_t limit, int index, int total);

// Worker `index` of `total` takes the files at list positions index, index + total, … that are not
// before start_file; list positions keep counting from the whole list's start.
class AssignmentMaker {
 public:
  AssignmentMaker(std::string job_id, int index, int total, const JobConfig& config);

  void Add(const FileItem& item);  // each of the whole list, in its order
  Assignment Assigned() && { return std::move(assignment_); }

 private:
  Assignment assignment_;
  const std::string start_file_;
  bool begun_;  // start_file has come
  int position_ = 0;
};

// The same of a list that is at hand.
Assignment AssignmentOf(std::string job_id, int index, int total, const std::vector<FileItem>& list,
                        const JobConfig& config);

// The file at a position of the whole list, or nullptr when it is not this worker's.
const FileItem* FileAt(const Assignment& assignment, int list_position);

// What the checkpoint is bound to: N, index, items (path, version_id, offset, length, ranges,
// line_set, key_path), start_file, start_line, limit, filters, connection_ids, kind of destination
// ("kafka:<topic>", "files", "dry"), stream_connections where there are only_connections.
std::string FingerprintOf(const Assignment& assignment, const JobConfig& config,
                          std::string_view destination);

// The pieces of the text that it is the hash of: the shard, each of its items in list order, the
// rest.
std::string FingerprintText(int index, int total);
std::string FingerprintText(const FileItem& item, int list_position);
std::string FingerprintText(const JobConfig& config, std::string_view destination);

// Values within them: length-prefixed, so that no two lists of strings read alike.
void AppendFingerprint(std::string& text, std::string_view value);
void AppendFingerprint(std::string& text, const std::vector<std::string>& values);
void AppendFingerprint(std::string& text,
                       const std::map<std::string, std::vector<std::string>>& values);
void AppendFingerprint(std::string& text, const std::optional<PreciseTime>& time);

}  // namespace reprocess
