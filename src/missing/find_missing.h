// Which lines of files a topic lacks: holds each against the committed records of the topic, as
// docs/only-missing.md says.
//
//   compared   values, by hash and length (missing/value_table.h), up to the topic's end as it was
//              at the call. A record that bears a header `retries` is a copy that Bulker's consumer
//              made, and never counts
//   coverage   a line older than the time from which on the topic tells (missing/topic_scan.h) may have
//              been there: it is outside. One without a time has the time in its file's name
//   foreign    lines without an `origin` were logged by somebody else; they are counted apart, unless
//              it is asked to hold them as all others
//   passes     files and the topic are read once for each range of hashes that fits into memory, and
//              the files once more where it is asked where lines lie. Beside it a bit a line is kept
//   ended      with a memory, a search that was ended goes on with the pass that was under way, up to
//              the same end of the topic; where a file or the topic has changed it begins anew
//   errors     a file that cannot be read to its end: in its own `failure`, of which nothing is
//              known. Those of kafka/topic_reader.h; kStopped
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "missing/topic_scan.h"
#include "model/job_config.h"
#include "model/settings.h"
#include "model/storage.h"
#include "model/stream_map.h"

namespace reprocess {

struct MissingCounts {
  std::uint64_t lines = 0;
  std::uint64_t there = 0;     // accounted for by a record
  std::uint64_t partly = 0;    // … that goes to some of its connections alone
  std::uint64_t missing = 0;   // by none
  std::uint64_t outside = 0;   // not there, and too old to say that it never was
  std::uint64_t foreign = 0;   // not ingest's
  std::uint64_t not_sent = 0;  // skipped by filters, or errors
  MissingCounts& operator+=(const MissingCounts& other);
  bool operator==(const MissingCounts&) const = default;
};

// Stretches of a file's lines that a list says one by one; where the lines lie in more, it names a set.
inline constexpr std::size_t kMostStretches = 10'000;

// Which lines that are not there are wanted; those that are missing always are.
struct WantedLines {
  bool partly = false, outside = false;
};
std::uint64_t Wanted(const MissingCounts& counts, const WantedLines& wanted);

struct MissingOfFile {
  FileItem item;            // as given
  std::string version_tag;  // in which it was read
  MissingCounts counts;
  std::uint64_t equal = 0;  // lines whose value an earlier line, of this file or of one before, had
  LineBits wanted;          // by number
  // Where that was asked for the same as stretches, ascending and apart; empty where they are more
  // than kMostStretches.
  std::vector<ByteRange> stretches;
  std::string failure;  // why it could not be read; or empty
};

struct MissingReport {
  std::vector<MissingOfFile> files;  // as given
  MissingCounts counts;
  std::string topic;
  std::vector<ScannedTopic> topics;  // the topic, and the shards of it that were asked for
  // From when on they tell; nullopt: nothing can be told of what is not there.
  std::optional<WallTime> covered;
  std::string tells_nothing;  // why, where there is no such time
  std::uint64_t records = 0, copies = 0;
  std::uint64_t equal = 0;  // lines whose value an earlier line had
  std::string equal_at;     // the first of them, "path:line"; or empty
  std::size_t passes = 0;
  std::size_t recalled = 0;  // of the passes: those of a search that was ended
  std::size_t failed_files = 0;
};

// Keeps what a search has found out after each pass, under the search's name, for one that was ended.
class SearchMemory {
 public:
  virtual ~SearchMemory() = default;
  // Empty: nothing is known of it.
  virtual Result<std::string> Recall(const std::string& name) = 0;
  virtual Result<void> Keep(const std::string& name, const std::string& state) = 0;
  virtual Result<void> Forget(const std::string& name) = 0;
};

// How far one looks, and at what cost.
struct MissingLook {
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  // for values and their lines
  bool shard_topics = false;                            // also in `<topic>-shardN`
  bool foreign = false;  // lines without an `origin` are held as all others, not counted apart
  std::optional<WallTime> since{};  // at records from then on alone
};

struct MissingRequest {
  std::vector<FileItem> files;
  JobConfig config;                    // its filters
  const StreamMap* streams = nullptr;  // borrowed; absent: connections are not looked up
  bool compare_connections = true;     // false: where a record goes to is not asked
  WantedLines wanted{};
  bool locate = false;  // where the wanted lines lie
  TopicEnds after{};    // records from there on alone; where none has come, nothing is read
  KafkaSettings kafka;
  Settings settings;
  MissingLook look{};
  SearchMemory* memory = nullptr;  // borrowed; absent: a search that is ended begins anew
};

struct MissingProgress {
  std::size_t pass = 0, passes = 0;  // from 1
  std::uint64_t lines = 0, records = 0;
};

Result<MissingReport> FindMissing(const MissingRequest& request, Storage& storage,
                                  const std::function<void(const MissingProgress&)>& progress,
                                  const std::stop_token& stop);

}  // namespace reprocess
