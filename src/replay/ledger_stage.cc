#include "replay/ledger_stage.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/log.h"
#include "replay/with_database.h"

namespace reprocess {
namespace {

constexpr std::size_t kSampleBytes = 1024;
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
// whatever lies in between.
std::vector<ErrorRow> RowsOf(Batch& batch, std::uint64_t most) {
  std::vector<ErrorRow> rows;
  std::array<std::optional<ErrorRow>, kReasonCount> rest;
  const Line* before = nullptr;
  bool exact = true;
  std::size_t first = 0, last = 0;  // of the lines in `rest`
  for (std::size_t i = 0; i < batch.lines.size(); ++i) {
    Line& line = batch.lines[i];
    if (line.verdict == Verdict::kError) {
      const bool joins = exact && before != nullptr && before->verdict == Verdict::kError &&
                         before->reason == line.reason && before->end_byte == line.first_byte;
      if (joins) {
        Extend(rows.back(), line);
        line.glued = true;
      } else if (rows.size() < most) {
        rows.push_back(RowOf(batch, line));
      } else {
        auto& row = rest[static_cast<std::size_t>(line.reason)];
        if (exact) first = i;
        exact = false;
        last = i;
        if (row) {
          Extend(*row, line);
        } else {
          row = RowOf(batch, line);
          row->approximate = true;
        }
      }
    }
    before = &line;
  }
  for (std::size_t i = first + 1; i <= last; ++i) batch.lines[i].glued = true;
  for (auto& row : rest) {
    if (row) rows.push_back(std::move(*row));
  }
  return rows;
}

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
      list_position_(start.list_position),
      books_(start.counters),
      uncounted_bytes_(start.uncounted_bytes) {}

Result<Pulled> LedgerStage::Next(SteadyTime deadline) {
  TRY(Pulled pulled, inner_->Next(deadline));
  auto* batch = std::get_if<Batch>(&pulled);
  if (batch == nullptr) return pulled;
  const bool begins = !begun_ || batch->list_position != list_position_;
  if (begins) TRY_OK(BeginFile(*batch));
  books_.CountLines(*batch, 0, batch->lines.size());
  uncounted_bytes_ += batch->uncounted_bytes;
  const std::uint64_t most = task_.settings.max_error_rows;
  std::vector<ErrorRow> errors = RowsOf(*batch, most - std::min(most, rows_));
  rows_ += errors.size();
  if (ItemAt(list_position_).offset > 0) {  // which line of the file it is, nobody has counted
    for (ErrorRow& row : errors) row.first_line = row.last_line = 0;
  }
  std::vector<FileRow> files;
  if (batch->end) {
    books_.CountEnd(*batch->end);
    files.push_back(RowOfFile(*batch, StateOf(batch->end->state)));
    if (batch->end->state == FileEnd::State::kFailed) {
      Log(LogLevel::kError, "file failed",
          {{"file", files.back().path},
           {"line", batch->after.line},
           {"why", files.back().failure}});
    }
  } else if (begins) {
    files.push_back(RowOfFile(*batch, FileState::kReading));
  }
  LogRows(errors);
  if (!errors.empty() || !files.empty()) {
    TRY_OK(WithDatabase(ports_, task_.settings, stop_,
                        [&] { return ports_.ledger.Store(shard_, owner_, errors, files); }));
  }
  return pulled;
}

Result<void> LedgerStage::BeginFile(const Batch& batch) {
  if (begun_ || batch.list_position != list_position_) {
    books_ = FileBooks();
    uncounted_bytes_ = 0;
    rows_ = 0;
  } else if (books_.counters().errors() > 0) {
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
  const FileItem& item = ItemAt(batch.list_position);
  FileRow row;
  row.list_position = batch.list_position;
  row.path = item.path;
  row.size = item.size;
  row.version_tag = batch.version_tag;
  row.state = state;
  if (batch.end) row.failure = batch.end->error.what.empty() ? "" : batch.end->error.ToString();
  row.place = batch.after;
  row.uncounted_bytes = uncounted_bytes_;
  row.counters = books_.counters();
  return row;
}

const FileItem& LedgerStage::ItemAt(int list_position) const {
  return FileAt(task_.assignment, list_position)->item;
}

}  // namespace reprocess
