#include "missing/topic_scan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kafka/topic_index.h"

namespace reprocess {
namespace {

// Aborted records, and marks of transactions, that may lie before the first record.
constexpr std::int64_t kLooked = 1'000;

std::unexpected<Error> PlanAgain(const std::string& topic, std::string why) {
  return Fatal(fmt::format("read topic {}: {}", topic, why), {}, "plan again", Code::kChanged);
}

Result<void> ContinueAt(const std::string& topic, const std::vector<PartitionEnd>& ends,
                        std::vector<OffsetSpan>& spans) {
  for (std::size_t i = 0; i < std::min(spans.size(), ends.size()); ++i) {
    OffsetSpan& span = spans[i];
    const std::int64_t end = ends[i].offset;
    if (end > span.to) {
      return PlanAgain(topic,
                       fmt::format("partition {} ends at offset {} now, and ended at {}: the "
                                   "topic was made again",
                                   i, span.to, end));
    }
    if (end < span.from) {
      return PlanAgain(topic,
                       fmt::format("partition {} begins at offset {} now, and was read up to "
                                   "{}: what came between has expired unread",
                                   i, span.from, end));
    }
    span.from = end;
  }
  return {};
}

// Whether the records that were read last are still those. One that has expired tells nothing.
Result<void> KnowAgain(const std::string& topic, const std::vector<PartitionEnd>& ends,
                       TopicReader& reader, const std::stop_token& stop) {
  std::vector<OffsetSpan> spans;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (!ends[i].last) continue;
    const std::int64_t offset = ends[i].last->offset;
    spans.push_back({static_cast<int>(i), offset, offset + 1});
  }
  std::optional<int> other;
  TRY_OK(reader.Read(
      spans,
      [&](const TopicRecord& record) {
        const RecordMark& last = *ends[static_cast<std::size_t>(record.partition)].last;
        if (record.offset == last.offset && record.time != last.time) other = record.partition;
      },
      stop));
  if (!other) return {};
  return PlanAgain(topic, fmt::format("partition {} has another record now at the offset that was "
                                      "read last: the topic was made again",
                                      *other));
}

// Those of the partitions that have a record in their span.
Result<std::set<int>> WithRecords(const std::vector<OffsetSpan>& spans, TopicReader& reader,
                                  const std::stop_token& stop) {
  std::set<int> found;
  if (spans.empty()) return found;
  std::stop_source enough;
  const std::stop_callback stopped(stop, [&enough] { enough.request_stop(); });
  auto read = reader.Read(
      spans,
      [&](const TopicRecord& record) {
        found.insert(record.partition);
        if (found.size() == spans.size()) enough.request_stop();
      },
      enough.get_token());
  if (!read && found.size() < spans.size()) return std::unexpected(std::move(read).error());
  return found;
}

}  // namespace

Result<TopicScan> TopicScan::Open(const TopicScanRequest& request, const std::stop_token& stop) {
  std::vector<std::string> names{request.kafka.topic};
  if (request.shard_topics) {
    TRY(auto shards, ShardTopicsOf(request.kafka));
    std::ranges::move(shards, std::back_inserter(names));
  }
  for (const auto& [name, ends] : request.after) {
    if (std::ranges::find(names, name) != names.end()) continue;
    return Fatal(fmt::format("read topic {}: it is gone, and was there", name), {}, "plan again",
                 Code::kChanged);
  }
  TopicScan scan(request.since);
  for (std::string& name : names) {
    TRY(Source source, scan.SourceOf(request, std::move(name), stop));
    TRY_OK(KeepWithin(request.within, source));
    scan.sources_.push_back(std::move(source));
  }
  return scan;
}

Result<TopicScan::Source> TopicScan::SourceOf(const TopicScanRequest& request, std::string name,
                                              const std::stop_token& stop) const {
  KafkaSettings kafka = request.kafka;
  kafka.topic = name;
  Source source{.name = std::move(name),
                .reader = MakeTopicReader(kafka, request.patience, {"connection_ids", "retries"}),
                .spans = {},
                .firsts = {},
                .lasts = {},
                .compacted = false,
                .reach_back = {}};
  TRY(source.spans, source.reader->Held());
  if (const auto after = request.after.find(source.name); after != request.after.end()) {
    TRY_OK(ContinueAt(source.name, after->second, source.spans));
    TRY_OK(KnowAgain(source.name, after->second, *source.reader, stop));
  } else {
    TRY(source.compacted, IsCompacted(kafka));
  }
  if (!since_ || !request.after.empty()) return source;
  TRY(const auto begins, FirstSince(kafka, *since_, source.spans));
  std::vector<OffsetSpan> before;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    OffsetSpan& span = source.spans[i];
    if (begins[i] > span.from) {
      before.push_back({span.partition, span.from, std::min(begins[i], span.from + kLooked)});
    }
    span.from = begins[i];
  }
  TRY(source.reach_back, WithRecords(before, *source.reader, stop));
  return source;
}

Result<void> TopicScan::KeepWithin(const std::vector<ScannedTopic>& within, Source& source) {
  if (within.empty()) return {};
  const auto earlier = std::ranges::find(within, source.name, &ScannedTopic::name);
  const bool same = earlier != within.end() && earlier->spans.size() == source.spans.size();
  for (std::size_t i = 0; same && i < source.spans.size(); ++i) {
    OffsetSpan& span = source.spans[i];
    const OffsetSpan& before = earlier->spans[i];
    if (span.from != before.from || span.to < before.to) {
      return PlanAgain(source.name, fmt::format("partition {} no longer holds what it did", i));
    }
    span.to = before.to;
  }
  if (same) return {};
  return PlanAgain(source.name, "it has other partitions than before");
}

bool TopicScan::empty() const {
  return std::ranges::all_of(sources_, [](const Source& source) {
    return std::ranges::all_of(source.spans,
                               [](const OffsetSpan& span) { return span.from == span.to; });
  });
}

std::vector<ScannedTopic> TopicScan::topics() const {
  std::vector<ScannedTopic> topics;
  for (const Source& source : sources_) {
    topics.push_back({source.name, source.spans, source.lasts});
  }
  return topics;
}

Result<void> TopicScan::Read(const Take& take, const std::stop_token& stop) {
  records_ = copies_ = 0;
  for (Source& source : sources_) {
    TRY_OK(source.reader->Read(
        source.spans,
        [&](const TopicRecord& record) {
          ++records_;
          source.firsts.try_emplace(record.partition, record.time);
          if (record.time) source.lasts[record.partition] = {record.offset, *record.time};
          if (record.headers[1]) {
            ++copies_;
          } else {
            take(record, record.headers[0].value_or(""));
          }
        },
        stop));
  }
  return {};
}

std::optional<WallTime> TopicScan::CoveredBy(const Source& source, int partition) const {
  if (source.reach_back.contains(partition)) return since_;
  const auto first = source.firsts.find(partition);
  return first == source.firsts.end() ? std::nullopt : first->second;
}

std::optional<WallTime> TopicScan::covered() const {
  std::optional<WallTime> latest = since_;
  for (const Source& source : sources_) {
    if (source.compacted) return std::nullopt;
    for (const OffsetSpan& span : source.spans) {
      const auto from = CoveredBy(source, span.partition);
      if (!from) return std::nullopt;
      latest = std::max(latest.value_or(*from), *from);
    }
  }
  return latest;
}

std::string TopicScan::why_not() const {
  const auto compacted = std::ranges::find(sources_, true, &Source::compacted);
  if (compacted == sources_.end()) return "it has a partition without any record";
  return "topic " + compacted->name + " is compacted";
}

}  // namespace reprocess
