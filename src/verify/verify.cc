#include "verify/verify.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "verify/key_table.h"
#include "verify/sent_lines.h"
#include "verify/verify_job.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kLeastCapacity = 1 << 20;  // lines: the books may say too little
constexpr std::uint64_t kTellEvery = 20'000;       // records

// What one pass knows of a file.
struct FileTally {
  std::uint64_t certain = 0, unclear = 0, unexplained = 0;
  std::uint64_t listed = 0;  // errors, by the ledger
  std::string unread;        // why it cannot be read again
};

class Verification {
 public:
  Verification(const VerifyRequest& request, const JobToVerify& job, Queries& queries,
               Storage& storage, const std::function<void(const VerifyProgress&)>& progress,
               const std::stop_token& stop)
      : request_(request),
        job_(job),
        queries_(queries),
        progress_(progress),
        stop_(stop),
        lines_(storage, job.config, request.settings, stop),
        topic_(MakeTopicReader(job.kafka, request.settings.kafka_timeout)) {}

  Result<VerifyReport> Run() {
    report_.job_id = request_.job_id;
    report_.topic = job_.kafka.topic;
    report_.counts_only = request_.counts_only;
    report_.sent = job_.sent;
    report_.doubts = job_.doubts;
    for (const FileRow& file : job_.files) {
      report_.not_sent += file.counters.lines_unsent();
      report_.incomplete += file.state == FileState::kDone ? 0 : 1;
    }
    progress_({.asks = VerifyProgress::Asks::kKafka});
    TRY_OK(FindSpans());
    progress_({.asks = VerifyProgress::Asks::kLines});
    TRY_OK(request_.counts_only ? CompareCounts() : RunPasses());
    AddDoubts();
    std::ranges::sort(report_.findings, {}, [](const FoundLine& line) {
      return std::tuple(line.finding, line.list_position, line.byte, line.partition, line.offset);
    });
    return std::move(report_);
  }

 private:
  Result<void> FindSpans();
  Result<void> LookForExpired();
  Result<void> CompareCounts();
  Result<void> RunPasses();
  // False: the range holds more lines than the table.
  Result<bool> Fill(const KeyRange& range, KeyTable& table, std::map<int, FileTally>& tallies);
  Result<void> CompareTopic(const KeyRange& range, KeyTable& table);
  void CompareRecord(const KeyRange& range, KeyTable& table, const TopicRecord& record);
  void ShowProgress(std::uint64_t lines, std::uint64_t records);
  void Name(Finding finding, const ExpectedLine& line, const TopicRecord* record);
  void AddDoubts();
  const FileRow& FileAt(std::uint32_t list_position) const;

  const VerifyRequest& request_;
  const JobToVerify& job_;
  Queries& queries_;
  const std::function<void(const VerifyProgress&)>& progress_;
  const std::stop_token& stop_;
  SentLines lines_;
  const std::unique_ptr<TopicReader> topic_;
  VerifyReport report_;
  VerifyProgress told_;
  std::map<int, FileTally> files_;  // by list position
  std::uint64_t expired_ = 0;       // offsets, of the spans
  std::uint64_t absent_ = 0;        // lines whose absence proves nothing: unclear, or expired
};

Result<void> Verification::FindSpans() {
  TRY(const auto held, topic_->Held());
  for (OffsetSpan span : job_.spans) {
    const auto partition = static_cast<std::size_t>(span.partition);
    const std::int64_t end = partition < held.size() ? held[partition].to : 0;
    if (span.to != INT64_MAX && end < span.to) {
      report_.doubts.push_back(
          {fmt::format("partition {}", span.partition),
           fmt::format("it ends at offset {} now, and ended at {} when the job did: the topic was "
                       "made again, or has lost records",
                       end, span.to),
           0});
    }
    span.to = std::min(span.to, end);
    span.from = std::min(span.from, span.to);
    report_.spans.push_back(span);
  }
  return {};
}

Result<void> Verification::LookForExpired() {
  TRY(const auto held, topic_->Held());
  expired_ = 0;
  for (const OffsetSpan& span : report_.spans) {
    const auto partition = static_cast<std::size_t>(span.partition);
    if (partition >= held.size() || span.from == span.to) continue;
    const std::int64_t first = std::clamp(held[partition].from, span.from, span.to);
    expired_ += static_cast<std::uint64_t>(first - span.from);
  }
  return {};
}

// Numbers alone: fewer records than lines were sent is certain loss; as many are as many; more may
// be other traffic or doubles.
Result<void> Verification::CompareCounts() {
  report_.passes = told_.passes = told_.pass = 1;
  report_.expected = job_.sent;
  TRY_OK(topic_->Read(
      report_.spans, [&](const TopicRecord&) { ShowProgress(0, ++report_.records); }, stop_));
  TRY_OK(LookForExpired());
  report_.found = std::min(report_.records, job_.sent);
  const std::uint64_t lacking = job_.sent - report_.found;
  if (expired_ > 0) {
    absent_ = lacking;
  } else {
    report_.totals[static_cast<std::size_t>(Finding::kMissing)] = lacking;
  }
  if (report_.records > job_.sent) {
    report_.others = report_.records - job_.sent;
    report_.doubts.push_back(
        {job_.kafka.topic,
         fmt::format("{} records more than were sent: other traffic or doubled ones, which "
                     "numbers do not tell apart (verify without --counts does)",
                     report_.others),
         0});
  }
  return {};
}

Result<void> Verification::RunPasses() {
  const std::uint64_t most = KeyTable::CapacityOf(request_.memory_bytes);
  const std::uint64_t capacity = std::min(most, std::max(kLeastCapacity, job_.sent * 5 / 4));
  const auto planned = PlanPasses(job_.sent, capacity);
  std::deque<KeyRange> ranges(planned.begin(), planned.end());
  KeyTable table(capacity);
  while (!ranges.empty()) {
    told_.pass = report_.passes + 1;
    told_.passes = report_.passes + ranges.size();
    const KeyRange range = ranges.front();
    ranges.pop_front();
    std::map<int, FileTally> tallies;
    table.Clear();
    TRY(const bool whole, Fill(range, table, tallies));
    if (!whole) {
      const auto [left, right] = Halves(range);
      ranges.push_front(right);
      ranges.push_front(left);
      continue;
    }
    for (auto& [position, tally] : tallies) {
      FileTally& file = files_[position];
      file.certain += tally.certain;
      file.unclear += tally.unclear;
      file.unexplained += tally.unexplained;
      file.listed = tally.listed;
      if (!tally.unread.empty()) file.unread = tally.unread;
      report_.expected += tally.certain;
    }
    TRY_OK(CompareTopic(range, table));
    ++report_.passes;
  }
  return {};
}

Result<bool> Verification::Fill(const KeyRange& range, KeyTable& table,
                                std::map<int, FileTally>& tallies) {
  for (const FileRow& file : job_.files) {
    if (file.place.byte == 0) continue;
    TRY(const auto errors, queries_.ErrorRanges(request_.job_id, file.list_position));
    std::uint64_t listed = 0;
    for (const ErrorRange& row : errors) listed += row.count;
    // Of which lines the lost rows spoke, nobody knows: each that is absent may be one.
    const bool rows_lost = listed < file.counters.lines_unsent();
    const auto read = lines_.Read(file, errors, range, [&](ExpectedLine line) {
      ShowProgress(table.size(), 0);
      line.certain = line.certain && !rows_lost;
      return table.Add(line);
    });
    if (!read && read.error().code == Code::kStopped) return std::unexpected(read.error());
    FileTally& tally = tallies[file.list_position];
    if (!read) {
      tally.unread = read.error().ToString();
      continue;
    }
    if (!read->whole) return false;
    tally = {read->certain, read->unclear, read->unexplained, listed, {}};
    if (rows_lost) tally.unclear += std::exchange(tally.certain, 0);
  }
  return true;
}

// Holds what the topic has against what it must have.
Result<void> Verification::CompareTopic(const KeyRange& range, KeyTable& table) {
  std::uint64_t records = 0;
  TRY_OK(topic_->Read(
      report_.spans,
      [&](const TopicRecord& record) {
        ShowProgress(table.size(), ++records);
        CompareRecord(range, table, record);
      },
      stop_));
  report_.records = records;
  TRY_OK(LookForExpired());
  table.ForEachUnseen([&](const ExpectedLine& line) {
    if (line.certain && expired_ == 0) {
      Name(Finding::kMissing, line, nullptr);
    } else if (line.certain) {
      ++absent_;
    }
  });
  return {};
}

void Verification::CompareRecord(const KeyRange& range, KeyTable& table,
                                 const TopicRecord& record) {
  const auto key = KeyBitsOf(record.key);
  if (!key) {
    if (report_.passes == 0) ++report_.others;
    return;
  }
  if (!range.Holds(*key)) return;
  const auto sighting = table.See(*key, HashOf(record.value));
  if (!sighting) {
    ++report_.others;
    return;
  }
  if (sighting->again) {
    Name(Finding::kDoubled, sighting->line, &record);
  } else {
    ++report_.found;
  }
  if (sighting->altered) Name(Finding::kAltered, sighting->line, &record);
}

void Verification::ShowProgress(std::uint64_t lines, std::uint64_t records) {
  if ((lines + records) % kTellEvery != 0) return;
  told_.lines = lines;
  told_.records = records;
  progress_(told_);
}

void Verification::Name(Finding finding, const ExpectedLine& line, const TopicRecord* record) {
  if (report_.totals[static_cast<std::size_t>(finding)]++ >= request_.most_findings) return;
  FoundLine found{
      finding, static_cast<int>(line.file), FileAt(line.file).path, line.line, line.byte, -1, -1};
  if (record != nullptr) {
    found.partition = record->partition;
    found.offset = record->offset;
  }
  report_.findings.push_back(std::move(found));
}

const FileRow& Verification::FileAt(std::uint32_t list_position) const {
  return *std::ranges::lower_bound(job_.files, static_cast<int>(list_position), {},
                                   &FileRow::list_position);
}

void Verification::AddDoubts() {
  if (expired_ > 0) {
    report_.doubts.push_back(
        {job_.kafka.topic,
         fmt::format("{} offsets of the job's stretch have expired already: what is absent may "
                     "have been there",
                     expired_),
         absent_});
  }
  for (const FileRow& file : job_.files) {
    const auto found = files_.find(file.list_position);
    if (found == files_.end()) continue;
    const FileTally& tally = found->second;
    const std::uint64_t sent = file.counters.success;
    if (!tally.unread.empty()) {
      report_.doubts.push_back({file.path, "it cannot be read again: " + tally.unread,
                                sent - std::min(sent, tally.certain)});
      continue;
    }
    if (const auto errors = file.counters.lines_unsent(); tally.listed < errors) {
      report_.doubts.push_back(
          {file.path,
           fmt::format("{} of its lines are errors, and the ledger lists {}: rows were lost",
                       errors, tally.listed),
           errors - tally.listed});
      continue;
    }
    if (tally.unexplained > 0) {
      report_.doubts.push_back(
          {file.path, "lines are errors by today's settings, of which the books say nothing",
           tally.unexplained});
    } else if (sent < tally.certain || sent > tally.certain + tally.unclear) {
      report_.doubts.push_back(
          {file.path,
           fmt::format("the books say that {} lines were sent, file and ledger give {}", sent,
                       tally.certain),
           0});
    }
    if (tally.unclear > 0) {
      report_.doubts.push_back(
          {file.path, "lines lie in approximate error rows: whether they were sent is not known",
           tally.unclear});
    }
  }
}

}  // namespace

std::string_view NameOf(Finding finding) {
  constexpr std::string_view kNames[] = {"missing", "doubled", "altered"};
  return kNames[static_cast<std::size_t>(finding)];
}

Result<VerifyReport> Verify(const VerifyRequest& request, Queries& queries, Storage& storage,
                            const std::function<void(const VerifyProgress&)>& progress,
                            const std::stop_token& stop) {
  TRY(const JobToVerify job, LoadJobToVerify(request, queries, progress, stop));
  return Verification(request, job, queries, storage, progress, stop).Run();
}

VerifyResult ResultOf(const VerifyReport& report) {
  return {.verdict = report.wrong() > 0      ? "wrong"
                     : report.doubts.empty() ? "all_there"
                                             : "unverified",
          .counts_only = report.counts_only,
          .sent = report.sent,
          .expected = report.expected,
          .found = report.found,
          .missing = report.totals[0],
          .doubled = report.totals[1],
          .altered = report.totals[2],
          .doubts = report.doubts.size()};
}

}  // namespace reprocess
