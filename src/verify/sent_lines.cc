#include "verify/sent_lines.h"

#include <algorithm>

#include "replay/read_stage.h"

namespace reprocess {
namespace {

// Whether a line shows by itself that it is such an error.
bool ShowsItself(Reason reason) {
  return reason == Reason::kInvalidJson || reason == Reason::kNotObject ||
         reason == Reason::kOversized;
}

// With connection ids no line needs a look-up.
JobConfig WithoutLookUp(JobConfig config) {
  if (LooksUp(config)) config.connection_ids = {"unchecked"};
  return config;
}

// The file as it was read: that version alone, whatever size the list gave it.
FileItem AsRead(const FileRow& file) {
  FileItem item = ItemOf(file);
  item.size = 0;
  item.etag = file.version_tag;
  item.list_position = file.list_position;
  return item;
}

std::uint32_t LineNumber(const FileRow& file, const Line& line) {
  // In a part that begins at an offset nobody has counted the lines before it.
  if (file.offset > 0 || line.number > UINT32_MAX) return 0;
  return static_cast<std::uint32_t>(line.number);
}

}  // namespace

ErrorCursor::Fate ErrorCursor::At(std::uint64_t byte) {
  for (; next_ < ranges_.size() && ranges_[next_].first <= byte; ++next_) {
    const ErrorRange& range = ranges_[next_];
    any_end_ = std::max(any_end_, range.end);
    if (!range.approximate) exact_end_ = std::max(exact_end_, range.end);
    if (range.approximate && !ShowsItself(range.reason)) {
      unclear_end_ = std::max(unclear_end_, range.end);
    }
  }
  covered_ = byte < any_end_;
  if (byte < exact_end_) return Fate::kError;
  return byte < unclear_end_ ? Fate::kUnclear : Fate::kSent;
}

SentLines::SentLines(Storage& storage, const JobConfig& config, const Settings& settings,
                     std::stop_token stop)
    : storage_(storage),
      config_(WithoutLookUp(config)),
      settings_(settings),
      stop_(std::move(stop)),
      filter_(config_, nullptr, UINT64_MAX) {}

Result<SentLines::Tally> SentLines::Read(const FileRow& file, const std::vector<ErrorRange>& errors,
                                         const KeyRange& range,
                                         const std::function<bool(const ExpectedLine&)>& take) {
  Tally tally;
  ErrorCursor cursor(errors);
  const FileItem read = AsRead(file);
  ReadStage stage(storage_, SystemClock(), {&read, 1}, {}, config_, settings_, stop_);
  for (;;) {
    TRY(Pulled pulled, stage.Next(SteadyTime::max()));
    auto* batch = std::get_if<Batch>(&pulled);
    if (batch == nullptr) return tally;
    filter_.Judge(*batch);
    for (const Line& line : batch->lines) {
      if (line.first_byte >= file.place.byte) return tally;
      const ErrorCursor::Fate fate = cursor.At(line.first_byte);
      if (line.verdict == Verdict::kSkip || fate == ErrorCursor::Fate::kError) continue;
      const KeyText text = LineKeyOf(batch->file_key, line.first_byte);
      const KeyBits key = *KeyBitsOf({text.data(), text.size()});
      if (!range.Holds(key)) continue;
      if (line.verdict == Verdict::kError) {
        if (!cursor.covered()) ++tally.unexplained;
        continue;
      }
      const bool certain = fate == ErrorCursor::Fate::kSent;
      tally.whole =
          take({key, HashOf({line.text, line.size}), line.first_byte,
                static_cast<std::uint32_t>(file.list_position), LineNumber(file, line), certain});
      if (!tally.whole) return tally;
      ++(certain ? tally.certain : tally.unclear);
    }
    if (batch->after.byte >= file.place.byte) return tally;
    if (batch->end && batch->end->state == FileEnd::State::kFailed) {
      return std::unexpected(std::move(batch->end->error));
    }
    if (batch->end) {
      return FileError("read again: it ends earlier now", file.path, {}, Code::kChanged);
    }
  }
}

}  // namespace reprocess
