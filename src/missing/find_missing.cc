#include "missing/find_missing.h"

#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include <fmt/format.h>

#include "filter/filter.h"
#include "filter/grammar.h"
#include "missing/search_state.h"
#include "missing/value_table.h"
#include "model/time_text.h"
#include "plan/discover.h"
#include "replay/read_stage.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kTellEvery = 20'000;  // lines and records

// Connections as a header has them: with commas between them.
bool Contains(std::string_view list, std::string_view one) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (list.substr(at, end - at) == one) return true;
    at = end + 1;
  }
  return false;
}

bool ContainsAll(std::string_view list, std::string_view wanted) {
  if (list == wanted || wanted.empty()) return true;
  for (std::size_t at = 0; at <= wanted.size();) {
    const std::size_t end = std::min(wanted.find(',', at), wanted.size());
    if (!Contains(list, wanted.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

// Lines that touch are one stretch. One more than kMostStretches: they are too many.
void Widen(std::vector<ByteRange>& stretches, const Line& line) {
  if (!stretches.empty() && stretches.back().end() == line.first_byte) {
    stretches.back().length += line.end_byte - line.first_byte;
  } else if (stretches.size() <= kMostStretches) {
    stretches.push_back({line.first_byte, line.end_byte - line.first_byte});
  }
}

class Search {
 public:
  Search(const MissingRequest& request, Storage& storage,
         const std::function<void(const MissingProgress&)>& progress, const std::stop_token& stop)
      : request_(request),
        storage_(storage),
        progress_(progress),
        stop_(stop),
        name_(NameOf(request)),
        filter_(request.config, request.streams, UINT64_MAX),
        table_(request.look.memory_bytes) {
    for (const FileItem& item : request.files) report_.files.emplace_back().item = item;
  }

  Result<MissingReport> Run();

 private:
  Result<TopicScan> OpenTopic(std::vector<ScannedTopic> within);
  // Takes up what an earlier search has found out, if it can.
  Result<TopicScan> Begin();
  Result<void> Keep(const TopicScan& topic);
  using Take = std::function<bool(const Line& line, const Value& value, bool in_range)>;

  // False: the range holds more values than the table.
  Result<bool> Fill(const KeyRange& range);
  Result<void> ReadTopic(TopicScan& topic, const KeyRange& range);
  // With the last range, which lines are wanted is known, and where they lie.
  Result<void> Sort(const KeyRange& range, bool is_last);
  void TakeRecord(const KeyRange& range, std::string_view text, std::string_view connections);
  void SortLine(MissingOfFile& file, const Line& line, const Value& value);
  // Each line of the file that would be sent, and whether its value lies in the range; false: `take`
  // has ended it.
  Result<bool> ReadFile(MissingOfFile& file, const KeyRange& range, const Take& take);
  bool IsOutside(const MissingOfFile& file, const Fields& fields) const;
  Value ValueOf(std::string_view text) const {
    return {WideHashOf(text, seed_), static_cast<std::uint32_t>(text.size())};
  }
  std::uint32_t NumberOf(std::string_view connections);
  void Sum();
  void Tell();

  const MissingRequest& request_;
  Storage& storage_;
  const std::function<void(const MissingProgress&)>& progress_;
  const std::stop_token& stop_;
  const std::string name_;
  std::uint64_t seed_ = std::random_device{}() * 0x1'0000'0001ULL + std::random_device{}();
  Filter filter_;
  GrammarCheck grammar_;
  ValueTable table_;
  std::map<std::string_view, std::uint32_t> ways_;
  std::vector<std::string_view> way_texts_;  // by number
  std::string compact_;                      // a record
  bool counting_ = false;                    // lines, while they are sorted the first time
  std::deque<KeyRange> ranges_{{}};          // of which nothing is known yet
  MissingReport report_;
  MissingProgress told_;
};

Result<MissingReport> Search::Run() {
  report_.topic = request_.kafka.topic;
  TRY(TopicScan topic, Begin());
  if (!request_.after.empty() && topic.empty()) return std::move(report_);
  while (!ranges_.empty()) {
    told_.pass = report_.passes + 1;
    told_.passes = report_.passes + ranges_.size();
    const KeyRange range = ranges_.front();
    ranges_.pop_front();
    TRY(const bool whole, Fill(range));
    if (!whole) {
      const auto [low, high] = Halves(range);
      ranges_.push_front(high);
      ranges_.push_front(low);
      continue;
    }
    TRY_OK(ReadTopic(topic, range));
    TRY_OK(Sort(range, ranges_.empty()));
    ++report_.passes;
    TRY_OK(Keep(topic));
  }
  report_.topics = topic.topics();
  Sum();
  return std::move(report_);
}

Result<TopicScan> Search::OpenTopic(std::vector<ScannedTopic> within) {
  return TopicScan::Open({.kafka = request_.kafka,
                          .patience = request_.settings.kafka_timeout,
                          .shard_topics = request_.look.shard_topics,
                          .since = request_.look.since,
                          .after = request_.after,
                          .within = std::move(within)},
                         stop_);
}

Result<TopicScan> Search::Begin() {
  if (request_.memory == nullptr) return OpenTopic({});
  TRY(const std::string kept, request_.memory->Recall(name_));
  std::optional<SearchState> state = DecodeSearch(kept);
  if (!state || state->report.files.size() != report_.files.size()) return OpenTopic({});
  auto topic = OpenTopic(state->report.topics);
  if (!topic && topic.error().code == Code::kChanged) return OpenTopic({});
  if (!topic) return topic;
  for (std::size_t i = 0; i < report_.files.size(); ++i) {
    state->report.files[i].item = std::move(report_.files[i].item);
  }
  state->report.topic = std::move(report_.topic);
  report_ = std::move(state->report);
  report_.recalled = report_.passes;
  seed_ = state->seed;
  ranges_ = std::move(state->left);
  return topic;
}

Result<void> Search::Keep(const TopicScan& topic) {
  if (request_.memory == nullptr || report_.passes + ranges_.size() == 1) return {};
  if (ranges_.empty()) return request_.memory->Forget(name_);
  report_.topics = topic.topics();
  return request_.memory->Keep(name_, Encode(seed_, ranges_, report_));
}

Result<bool> Search::Fill(const KeyRange& range) {
  table_.Clear();
  std::vector<std::uint64_t> equal(report_.files.size());
  std::string first;
  for (std::size_t i = 0; i < report_.files.size(); ++i) {
    MissingOfFile& file = report_.files[i];
    if (!file.failure.empty()) continue;
    const std::uint64_t before = table_.repeated();
    TRY(const bool whole,
        ReadFile(file, range, [&](const Line& line, const Value& value, bool in_range) {
          if (!in_range) return true;
          if (!table_.AddLine(value, NumberOf(line.connection_ids))) return false;
          if (table_.repeated() > 0 && first.empty()) {
            first = fmt::format("{}:{}", file.item.path, line.number);
          }
          return true;
        }));
    if (!whole) return false;
    equal[i] = table_.repeated() - before;
  }
  for (std::size_t i = 0; i < equal.size(); ++i) report_.files[i].equal += equal[i];
  if (report_.equal_at.empty()) report_.equal_at = std::move(first);
  return true;
}

Result<void> Search::ReadTopic(TopicScan& topic, const KeyRange& range) {
  TRY_OK(topic.Read(
      [&](const TopicRecord& record, std::string_view connections) {
        TakeRecord(range, record.value, connections);
        ++told_.records;
        Tell();
      },
      stop_));
  report_.records = topic.records();
  report_.copies = topic.copies();
  report_.covered = topic.covered();
  if (!report_.covered) report_.tells_nothing = topic.why_not();
  return {};
}

void Search::TakeRecord(const KeyRange& range, std::string_view text,
                        std::string_view connections) {
  if (!text.starts_with('{')) return;
  compact_ = text;
  compact_.resize(DropSpace(compact_.data(), compact_.size()));
  const Value value = ValueOf(compact_);
  if (!range.Holds(value.hash)) return;
  const std::uint32_t* way = table_.WayOf(value);
  if (way == nullptr) return;
  const bool to_all = !request_.compare_connections || ContainsAll(connections, way_texts_[*way]);
  table_.AddRecord(value, to_all);
}

Result<void> Search::Sort(const KeyRange& range, bool is_last) {
  counting_ = report_.passes == 0;
  for (MissingOfFile& file : report_.files) {
    if (!file.failure.empty()) continue;
    TRY_OK(ReadFile(file, range, [&](const Line& line, const Value& value, bool in_range) {
      if (in_range) SortLine(file, line, value);
      if (is_last && file.wanted.Has(line.number)) Widen(file.stretches, line);
      return true;
    }));
  }
  counting_ = false;
  return {};
}

void Search::SortLine(MissingOfFile& file, const Line& line, const Value& value) {
  const ValueTable::Fate fate = table_.TakeLine(value);
  if (fate == ValueTable::Fate::kThere) {
    ++file.counts.there;
    return;
  }
  grammar_.Check({line.text, line.size});
  bool wanted = true;
  if (!grammar_.fields().has_origin) {
    ++file.counts.foreign;
    wanted = false;
  } else if (fate == ValueTable::Fate::kPartly) {
    ++file.counts.partly;
    wanted = request_.wanted.partly;
  } else if (IsOutside(file, grammar_.fields())) {
    ++file.counts.outside;
    wanted = request_.wanted.outside;
  } else {
    ++file.counts.missing;
  }
  if (wanted) file.wanted.Add(line.number);
}

bool Search::IsOutside(const MissingOfFile& file, const Fields& fields) const {
  if (!report_.covered) return true;
  if (const auto created = ParseRfc3339(fields.created)) return created->time < *report_.covered;
  const auto named = TimeInName(file.item.path);
  return !named || *named < *report_.covered;
}

Result<bool> Search::ReadFile(MissingOfFile& file, const KeyRange& range, const Take& take) {
  FileItem item = file.item;
  if (!file.version_tag.empty()) item.etag = file.version_tag;
  ReadStage stage(storage_, SystemClock(), {&item, 1}, {}, request_.config, request_.settings,
                  stop_);
  for (;;) {
    TRY(Pulled pulled, stage.Next(SteadyTime::max()));
    auto* batch = std::get_if<Batch>(&pulled);
    if (batch == nullptr) return true;
    if (file.version_tag.empty()) file.version_tag = batch->version_tag;
    filter_.Judge(*batch);
    for (const Line& line : batch->lines) {
      if (counting_) {
        ++file.counts.lines;
        if (line.verdict != Verdict::kSend) ++file.counts.not_sent;
      }
      ++told_.lines;
      Tell();
      if (line.verdict != Verdict::kSend) continue;
      const Value value = ValueOf({line.text, line.size});
      if (!take(line, value, range.Holds(value.hash))) return false;
    }
    if (batch->end && batch->end->state == FileEnd::State::kFailed) {
      file.failure = batch->end->error.ToString();
      return true;
    }
  }
}

// The texts are the repository's or the filter's, which outlive this.
std::uint32_t Search::NumberOf(std::string_view connections) {
  const auto [way, is_new] =
      ways_.try_emplace(connections, static_cast<std::uint32_t>(way_texts_.size()));
  if (is_new) way_texts_.push_back(connections);
  return way->second;
}

void Search::Sum() {
  for (MissingOfFile& file : report_.files) {
    if (!file.failure.empty()) {
      ++report_.failed_files;
      file.counts = {};
      file.equal = 0;
      file.wanted = {};
      file.stretches.clear();
      continue;
    }
    if (file.stretches.size() > kMostStretches) file.stretches.clear();
    report_.counts += file.counts;
    report_.equal += file.equal;
  }
}

void Search::Tell() {
  if ((told_.lines + told_.records) % kTellEvery == 0) progress_(told_);
}

}  // namespace

MissingCounts& MissingCounts::operator+=(const MissingCounts& other) {
  lines += other.lines;
  there += other.there;
  partly += other.partly;
  missing += other.missing;
  outside += other.outside;
  foreign += other.foreign;
  not_sent += other.not_sent;
  return *this;
}

std::uint64_t Wanted(const MissingCounts& counts, const WantedLines& wanted) {
  return counts.missing + (wanted.partly ? counts.partly : 0) +
         (wanted.outside ? counts.outside : 0);
}

Result<MissingReport> FindMissing(const MissingRequest& request, Storage& storage,
                                  const std::function<void(const MissingProgress&)>& progress,
                                  const std::stop_token& stop) {
  auto report = Search(request, storage, progress, stop).Run();
  const auto failed = [](const MissingOfFile& file) { return !file.failure.empty(); };
  if (!report || report->recalled == 0 || std::ranges::none_of(report->files, failed))
    return report;
  return Search(request, storage, progress, stop).Run();  // a file may be another one by now
}

}  // namespace reprocess
