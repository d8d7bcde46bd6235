#include "replay/ledger_stage.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "replay/with_database.h"

namespace reprocess {
namespace {

constexpr std::size_t kSampleBytes = 1024;
constexpr std::size_t kGroupRows = 500, kGroupBytes = 2 << 20;
constexpr Milliseconds kGroupTime{20};
constexpr std::uint64_t kLoggedRowsPerFile = 10;  // the rest is in the ledger, or folded at its end

ErrorRow RowOf(const Batch& batch, const Line& line) {
  ErrorRow row;
  row.list_position = batch.list_position;
  row.first_byte = line.first_byte;
  row.end_byte = line.end_byte;
  row.count = 1;
  row.first_line = row.last_line = line.number;
  row.reason = line.reason;
  if (line.message > 0) row.message = batch.messages[line.message - 1];
  row.sample.assign(line.text, std::min<std::size_t>(line.size, kSampleBytes));
  return row;
}

void Extend(ErrorRow& row, const Line& line) {
  row.end_byte = line.end_byte;
  row.last_line = line.number;
  ++row.count;
}

// Exact rows, which neighbours with one reason share, and past `most` of them one row a reason,
// whatever lies in between; but none across a record before `bisected_until`.
class RowBuilder {
 public:
  RowBuilder(Batch& batch, std::uint64_t most, const LinePlace& bisected_until)
      : batch_(batch), most_(most), bisected_until_(bisected_until) {}

  std::vector<ErrorRow> Rows() {
    for (std::size_t i = 0; i < batch_.lines.size(); ++i) {
      const Line& line = batch_.lines[i];
      if (line.verdict == Verdict::kError) Take(i);
      const bool cuts = LinePlace{batch_.list_position, line.first_byte} < bisected_until_;
      if (line.verdict == Verdict::kSend && cuts) EndApproximate();
    }
    EndApproximate();
    return std::move(rows_);
  }

 private:
  void Take(std::size_t i) {
    Line& line = batch_.lines[i];
    const Line* before = i > 0 ? &batch_.lines[i - 1] : nullptr;
    const bool joins = !approximate_ && before != nullptr && before->verdict == Verdict::kError &&
                       before->reason == line.reason && before->end_byte == line.first_byte;
    if (joins) {
      Extend(rows_.back(), line);
      line.shares_row = true;
    } else if (rows_.size() < most_) {
      rows_.push_back(RowOf(batch_, line));
    } else {
      if (!approximate_) first_ = i;
      approximate_ = true;
      last_ = i;
      auto& row = by_reason_[static_cast<std::size_t>(line.reason)];
      if (row) {
        Extend(*row, line);
      } else {
        row = RowOf(batch_, line);
        row->approximate = true;
      }
    }
  }

  void EndApproximate() {
    if (!approximate_) return;
    for (std::size_t i = first_ + 1; i <= last_; ++i) batch_.lines[i].shares_row = true;
    for (auto& row : by_reason_) {
      if (row) rows_.push_back(*std::exchange(row, std::nullopt));
    }
    approximate_ = false;
  }

  Batch& batch_;
  const std::uint64_t most_;
  const LinePlace bisected_until_;
  std::vector<ErrorRow> rows_;
  // Of the approximate rows under way, and where in the batch their lines are.
  bool approximate_ = false;
  std::array<std::optional<ErrorRow>, kReasonCount> by_reason_;
  std::size_t first_ = 0, last_ = 0;
};

FileState StateOf(FileEnd::State state) {
  switch (state) {
    case FileEnd::State::kDone:
      return FileState::kDone;
    case FileEnd::State::kFailed:
      return FileState::kFailed;
    case FileEnd::State::kPartial:
      break;
  }
  return FileState::kPartial;
}

}  // namespace

LedgerStage::LedgerStage(std::unique_ptr<Stage> inner, const Ports& ports, const ShardTask& task,
                         const Owner& owner, Start start, std::stop_token stop)
    : inner_(std::move(inner)),
      ports_(ports),
      task_(task),
      shard_{task.assignment.job_id, task.assignment.index},
      owner_(owner),
      stop_(std::move(stop)),
      bisected_until_(start.bisected_until),
      list_position_(start.list_position),
      file_counters_(start.counters),
      uncounted_bytes_(start.uncounted_bytes) {}

Result<Pulled> LedgerStage::Next(SteadyTime deadline) {
  if (group_.empty()) {
    if (behind_) return *std::exchange(behind_, std::nullopt);
    TRY(Pulled pulled, inner_->Next(deadline));
    auto* batch = std::get_if<Batch>(&pulled);
    if (batch == nullptr) return pulled;
    TRY_OK(Take(std::move(*batch)));
    if (!errors_.empty() || !files_.empty()) {
      TRY_OK(Gather());
      TRY_OK(StoreRows());
    }
    group_bytes_ = 0;
  }
  Batch batch = std::move(group_.front());
  group_.pop_front();
  return batch;
}

Result<void> LedgerStage::Gather() {
  const SteadyTime until = ports_.clock.Now() + kGroupTime;
  while (errors_.size() + files_.size() < kGroupRows && group_bytes_ < kGroupBytes &&
         ports_.clock.Now() < until) {
    Result<Pulled> pulled = inner_->Next(until);
    if (!pulled || std::holds_alternative<PipeEnd>(*pulled)) {
      behind_ = std::move(pulled);
      return {};
    }
    auto* batch = std::get_if<Batch>(&*pulled);
    if (batch == nullptr) return {};  // none has queued
    TRY_OK(Take(std::move(*batch)));
  }
  return {};
}

Result<void> LedgerStage::StoreRows() {
  TRY_OK(WithDatabase(ports_, task_.settings, stop_,
                      [&] { return ports_.ledger.Store(shard_, owner_, errors_, files_); }));
  errors_.clear();
  files_.clear();
  return {};
}

Result<void> LedgerStage::Take(Batch batch) {
  const bool begins = !begun_ || batch.list_position != list_position_;
  if (begins) TRY_OK(BeginFile(batch));
  file_counters_.CountLines(batch, 0, batch.lines.size());
  uncounted_bytes_ += batch.uncounted_bytes;
  const std::uint64_t most = task_.settings.max_error_rows;
  std::vector<ErrorRow> errors =
      RowBuilder(batch, most - std::min(most, rows_), bisected_until_).Rows();
  rows_ += errors.size();
  if (ItemAt(list_position_).offset > 0) {  // which line of the file it is, nobody has counted
    for (ErrorRow& row : errors) row.first_line = row.last_line = 0;
  }
  if (batch.end) {
    file_counters_.CountEnd(*batch.end);
    FileRow row = RowOfFile(batch, StateOf(batch.end->state));
    if (batch.end->state == FileEnd::State::kFailed) {
      Log(LogLevel::kError, "file failed",
          {{"file", row.path}, {"line", batch.after.line}, {"why", row.failure}});
    }
    AddFile(std::move(row));
  } else if (begins) {
    AddFile(RowOfFile(batch, FileState::kReading));
  }
  LogRows(errors);
  std::ranges::move(errors, std::back_inserter(errors_));
  group_bytes_ += batch.weight();
  group_.push_back(std::move(batch));
  return {};
}

// The row of a file that ends in the group takes the place of the one with which it began.
void LedgerStage::AddFile(FileRow row) {
  if (!files_.empty() && files_.back().list_position == row.list_position) files_.pop_back();
  files_.push_back(std::move(row));
}

Result<void> LedgerStage::BeginFile(const Batch& batch) {
  if (begun_ || batch.list_position != list_position_) {
    file_counters_ = FileCounters();
    uncounted_bytes_ = 0;
    rows_ = 0;
  } else if (file_counters_.counters().errors() > 0) {
    TRY_OK(WithDatabase(ports_, task_.settings, stop_, [&]() -> Result<void> {
      TRY(rows_, ports_.ledger.CountErrorRows(shard_, list_position_));
      return {};
    }));
  }
  begun_ = true;
  list_position_ = batch.list_position;
  logged_ = 0;
  return {};
}

void LedgerStage::LogRows(const std::vector<ErrorRow>& rows) {
  for (const ErrorRow& row : rows) {
    if (++logged_ > kLoggedRowsPerFile) {
      if (logged_ == kLoggedRowsPerFile + 1) {
        Log(LogLevel::kWarn, "more lines of this file are not sent; the ledger lists them",
            {{"file", ItemAt(row.list_position).path}});
      }
      continue;
    }
    Log(LogLevel::kWarn, "line not sent",
        {{"file", ItemAt(row.list_position).path},
         {"line", row.first_line},
         {"byte", row.first_byte},
         {"count", row.count},
         {"reason", NameOf(row.reason)},
         {"why", row.message}});
  }
}

FileRow LedgerStage::RowOfFile(const Batch& batch, FileState state) const {
  FileRow row = RowOf(ItemAt(batch.list_position));
  row.list_position = batch.list_position;
  row.version_tag = batch.version_tag;
  row.state = state;
  if (batch.end) row.failure = batch.end->error.what.empty() ? "" : batch.end->error.ToString();
  row.place = batch.after;
  row.uncounted_bytes = uncounted_bytes_;
  row.counters = file_counters_.counters();
  return row;
}

const FileItem& LedgerStage::ItemAt(int list_position) const {
  return *FileAt(task_.assignment, list_position);
}

}  // namespace reprocess
