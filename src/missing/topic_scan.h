// The committed records of a topic, and of those that ingest spreads it over, up to their ends as they
// were when this was made.
//
//   shards     `<topic>-shardN`, where they are asked for: scanned as the topic itself
//   since      where it is given, only records from that time on, by the broker's index, are read
//   coverage   the time from which on all of these topics tell of every record: the latest, over all
//              partitions, of the first record that is still there, and not before `since`. A
//              partition without any record tells nothing, and a compacted topic neither
//   copies     records with a header `retries`, which Bulker's consumer made: counted, not handed on
//   errors     those of kafka/topic_reader.h; kChanged where what came behind `after` cannot be read
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/topic_reader.h"
#include "model/settings.h"

namespace reprocess {

// A record by which a partition is known again: one at its offset with another time is of a topic that
// was made again under the name.
struct RecordMark {
  std::int64_t offset = 0;
  WallTime time{};
};

struct ScannedTopic {
  std::string name;
  std::vector<OffsetSpan> spans;      // that are read, by partition
  std::map<int, RecordMark> lasts{};  // the last record that was read, by partition
};

// Up to where a partition was read.
struct PartitionEnd {
  std::int64_t offset = 0;  // from there on it was not
  std::optional<RecordMark> last{};
};

// By topic, each partition's.
using TopicEnds = std::map<std::string, std::vector<PartitionEnd>>;

struct TopicScanRequest {
  KafkaSettings kafka;
  Milliseconds patience{};
  bool shard_topics = false;
  std::optional<WallTime> since{};
  TopicEnds after{};                   // records from there on alone; empty: all
  std::vector<ScannedTopic> within{};  // as an earlier scan has read them; empty: all
};

class TopicScan {
 public:
  static Result<TopicScan> Open(const TopicScanRequest& request, const std::stop_token& stop);

  // Whether there is nothing to read.
  bool empty() const;
  std::vector<ScannedTopic> topics() const;

  using Take = std::function<void(const TopicRecord& record, std::string_view connections)>;
  // All of it; `connections` is the header of that name, or empty. May be repeated.
  Result<void> Read(const Take& take, const std::stop_token& stop);

  // Of the last Read.
  std::uint64_t records() const { return records_; }
  std::uint64_t copies() const { return copies_; }
  std::optional<WallTime> covered() const;
  // Why they tell nothing, where covered() has no time; for people.
  std::string why_not() const;

 private:
  struct Source {
    std::string name;
    std::unique_ptr<TopicReader> reader;
    std::vector<OffsetSpan> spans;
    std::map<int, std::optional<WallTime>> firsts;  // records that were read, by partition
    std::map<int, RecordMark> lasts;
    bool compacted = false;
    std::set<int> reach_back;  // partitions with records from before `since`
  };

  explicit TopicScan(std::optional<WallTime> since) : since_(since) {}
  // The source as it was; kChanged where it no longer is.
  static Result<void> KeepWithin(const std::vector<ScannedTopic>& within, Source& source);
  Result<Source> SourceOf(const TopicScanRequest& request, std::string name,
                          const std::stop_token& stop) const;
  // From when on one of them tells; nullopt: it does not.
  std::optional<WallTime> CoveredBy(const Source& source, int partition) const;

  std::optional<WallTime> since_;
  std::vector<Source> sources_;
  std::uint64_t records_ = 0, copies_ = 0;
};

}  // namespace reprocess
