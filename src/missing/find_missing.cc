#include "missing/find_missing.h"

#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include <fmt/format.h>

#include "filter/filter.h"
#include "filter/line_parser.h"
#include "missing/search_state.h"
#include "missing/value_table.h"
#include "model/time_text.h"
#include "plan/discover.h"
#include "replay/read_stage.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kTellEvery = 20'000;  // lines and records
// Fewer values than these are not parted into halves, however many lines have them.
constexpr std::uint64_t kFewValues = 1'024;

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

// Lines of a file that follow each other and have one value.
struct EqualLines {
  std::uint64_t first = 0;  // its number
  std::uint32_t value = 0, count = 0;
};

class Search {
 public:
  Search(const MissingRequest& request, Storage& storage,
         const std::function<void(const MissingProgress&)>& progress, const std::stop_token& stop)
      : request_(request),
        storage_(storage),
        progress_(progress),
        stop_(stop),
        name_(NameOf(request)),
        filter_(request.config, request.streams, UINT64_MAX) {
    for (const FileItem& item : request.files) report_.files.emplace_back().item = item;
  }

  Result<MissingReport> Run();

 private:
  Result<TopicScan> OpenTopic(std::vector<ScannedTopic> within);
  // Takes up what an earlier search has found out, if it can.
  Result<TopicScan> Begin();
  Result<void> Keep(const TopicScan& topic);
  // False: ends the file.
  using Take = std::function<bool(Batch& batch)>;
  struct JudgedLine {
    std::uint64_t number = 0;
    Value value;
    ValueFacts facts;
  };

  // False: the range holds more values than memory does.
  Result<bool> Fill(const KeyRange& range);
  // Leaves in `judged_` those that would be sent and lie in the range.
  void Judge(MissingCounts& counts, const KeyRange& range, Batch& batch);
  void AddLine(const JudgedLine& line);
  Result<void> ReadTopic(TopicScan& topic, const KeyRange& range);
  void TakeRecord(const KeyRange& range, std::string_view text, std::string_view connections);
  // Of the value that a record has, if a line of the range has it.
  std::uint32_t NumberOf(const KeyRange& range, std::string_view text) const;
  // Says of each line of the range what became of it.
  void Sort();
  void SortLine(MissingOfFile& file, std::uint64_t number, std::uint32_t value,
                const std::optional<WallTime>& named);
  Result<void> Locate();
  // False: `take` has ended it.
  Result<bool> ReadFile(MissingOfFile& file, const Take& take);
  bool HasRoom() const;
  Value ValueOf(std::string_view text) const {
    return {WideHashOf(text, seed_), static_cast<std::uint32_t>(text.size())};
  }
  std::uint32_t WayOf(std::string_view connections);
  void Sum();
  void Tell(std::uint64_t& count, std::uint64_t more);

  const MissingRequest& request_;
  Storage& storage_;
  const std::function<void(const MissingProgress&)>& progress_;
  const std::stop_token& stop_;
  const std::string name_;
  std::uint64_t seed_ = std::random_device{}() * 0x1'0000'0001ULL + std::random_device{}();
  Filter filter_;
  ValueTable table_;
  std::deque<EqualLines> lines_;     // of the range, of one file after the other
  std::vector<std::size_t> begins_;  // where in them each file's begin, and they all end
  std::vector<JudgedLine> judged_;   // of a batch
  std::map<std::string_view, std::uint32_t> ways_;
  std::vector<std::string_view> way_texts_;  // by number
  std::string compact_;                      // a record
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
    Sort();
    ++report_.passes;
    TRY_OK(Keep(topic));
  }
  if (request_.locate) TRY_OK(Locate());
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
  lines_.clear();
  begins_.assign(1, 0);
  std::vector<std::uint64_t> equal(report_.files.size());
  std::string first;
  for (std::size_t i = 0; i < report_.files.size(); ++i) {
    MissingOfFile& file = report_.files[i];
    if (report_.passes == 0) file.counts = {};
    const std::uint64_t before = table_.repeated();
    const auto take = [&](Batch& batch) {
      Judge(file.counts, range, batch);
      for (const JudgedLine& line : judged_) {
        if (!HasRoom()) return false;
        AddLine(line);
        if (table_.repeated() > 0 && first.empty()) {
          first = fmt::format("{}:{}", file.item.path, line.number);
        }
      }
      return true;
    };
    if (file.failure.empty()) {
      TRY(const bool whole, ReadFile(file, take));
      if (!whole) return false;
    }
    equal[i] = table_.repeated() - before;
    begins_.push_back(lines_.size());
  }
  for (std::size_t i = 0; i < equal.size(); ++i) report_.files[i].equal += equal[i];
  if (report_.equal_at.empty()) report_.equal_at = std::move(first);
  return true;
}

bool Search::HasRoom() const {
  if (table_.size() < kFewValues) return true;
  return table_.size() < ValueTable::kNone &&
         table_.bytes() + (lines_.size() + 1) * sizeof(EqualLines) <= request_.look.memory_bytes;
}

void Search::Judge(MissingCounts& counts, const KeyRange& range, Batch& batch) {
  judged_.clear();
  for (Line& line : batch.lines) {
    filter_.Judge(batch, line);
    const bool sent = line.verdict == Verdict::kSend;
    if (report_.passes == 0) {
      ++counts.lines;
      if (!sent) ++counts.not_sent;
    }
    if (!sent) continue;
    const Value value = ValueOf({line.text, line.size});
    if (!range.Holds(value.hash)) continue;
    table_.Prefetch(value);
    const Fields& fields = filter_.fields();
    judged_.push_back({.number = line.number,
                       .value = value,
                       .facts = {.created = ParseRfc3339(fields.created),
                                 .has_origin = fields.has_origin,
                                 .way = WayOf(line.connection_ids)}});
  }
}

void Search::AddLine(const JudgedLine& line) {
  const std::uint32_t value = table_.AddLine(line.value, line.facts);
  const bool first = lines_.size() == begins_.back();  // of its file
  if (!first && lines_.back().value == value && lines_.back().count < UINT32_MAX &&
      lines_.back().first + lines_.back().count == line.number) {
    ++lines_.back().count;
  } else {
    lines_.push_back({.first = line.number, .value = value, .count = 1});
  }
}

Result<void> Search::ReadTopic(TopicScan& topic, const KeyRange& range) {
  TRY_OK(topic.Read(
      [&](const TopicRecord& record, std::string_view connections) {
        TakeRecord(range, record.value, connections);
        Tell(told_.records, 1);
      },
      stop_));
  report_.records = topic.records();
  report_.copies = topic.copies();
  report_.covered = topic.covered();
  if (!report_.covered) report_.tells_nothing = topic.why_not();
  return {};
}

std::uint32_t Search::NumberOf(const KeyRange& range, std::string_view text) const {
  const Value value = ValueOf(text);
  return range.Holds(value.hash) ? table_.NumberOf(value) : ValueTable::kNone;
}

void Search::TakeRecord(const KeyRange& range, std::string_view text,
                        std::string_view connections) {
  if (!text.starts_with('{')) return;
  std::uint32_t number = NumberOf(range, text);  // what ingest wrote is compact
  if (number == ValueTable::kNone) {
    Compact(text, compact_);
    if (compact_.size() < text.size()) number = NumberOf(range, compact_);
  }
  if (number == ValueTable::kNone) return;
  const auto to_all = [&] {
    return ContainsAll(connections, way_texts_[table_.FactsOf(number).way]);
  };
  table_.AddRecord(number, !request_.compare_connections || to_all());
}

void Search::Sort() {
  for (std::size_t i = 0; i < report_.files.size(); ++i) {
    MissingOfFile& file = report_.files[i];
    if (!file.failure.empty()) continue;
    const auto named = TimeInName(file.item.path);
    for (std::size_t at = begins_[i]; at < begins_[i + 1]; ++at) {
      const EqualLines& lines = lines_[at];
      for (std::uint64_t k = 0; k < lines.count; ++k) {
        SortLine(file, lines.first + k, lines.value, named);
      }
    }
  }
}

void Search::SortLine(MissingOfFile& file, std::uint64_t number, std::uint32_t value,
                      const std::optional<WallTime>& named) {
  const ValueTable::Fate fate = table_.TakeLine(value);
  if (fate == ValueTable::Fate::kThere) {
    ++file.counts.there;
    return;
  }
  const ValueFacts facts = table_.FactsOf(value);
  const std::optional<WallTime> time = facts.created ? facts.created : named;
  bool wanted = true;
  if (!facts.has_origin && !request_.look.foreign) {
    ++file.counts.foreign;
    wanted = false;
  } else if (fate == ValueTable::Fate::kPartly) {
    ++file.counts.partly;
    wanted = request_.wanted.partly;
  } else if (!report_.covered || !time || *time < *report_.covered) {
    ++file.counts.outside;
    wanted = request_.wanted.outside;
  } else {
    ++file.counts.missing;
  }
  if (wanted) file.wanted.Add(number);
}

Result<void> Search::Locate() {
  for (MissingOfFile& file : report_.files) {
    if (!file.failure.empty() || Wanted(file.counts, request_.wanted) == 0) continue;
    TRY_OK(ReadFile(file, [&](Batch& batch) {
      for (const Line& line : batch.lines) {
        if (file.wanted.Has(line.number)) Widen(file.stretches, line);
      }
      return file.stretches.size() <= kMostStretches;
    }));
  }
  return {};
}

Result<bool> Search::ReadFile(MissingOfFile& file, const Take& take) {
  FileItem item = file.item;
  if (!file.version_tag.empty()) item.etag = file.version_tag;
  ReadStage stage(storage_, SystemClock(), {&item, 1}, {}, request_.config, request_.settings,
                  stop_);
  for (;;) {
    TRY(Pulled pulled, stage.Next(SteadyTime::max()));
    auto* batch = std::get_if<Batch>(&pulled);
    if (batch == nullptr) return true;
    if (file.version_tag.empty()) file.version_tag = batch->version_tag;
    Tell(told_.lines, batch->lines.size());
    if (!take(*batch)) return false;
    if (batch->end && batch->end->state == FileEnd::State::kFailed) {
      file.failure = batch->end->error.ToString();
      return true;
    }
  }
}

// The texts are the repository's or the filter's, which outlive this.
std::uint32_t Search::WayOf(std::string_view connections) {
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

void Search::Tell(std::uint64_t& count, std::uint64_t more) {
  const std::uint64_t before = told_.lines + told_.records;
  count += more;
  if (before / kTellEvery < (before + more) / kTellEvery) progress_(told_);
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
