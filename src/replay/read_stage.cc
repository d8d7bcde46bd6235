#include "replay/read_stage.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace reprocess {

ReadStage::ReadStage(Storage& storage, Clock& clock, std::span<const FileItem> files,
                     ReadStart start, const JobConfig& config, const Settings& settings,
                     std::stop_token stop)
    : storage_(storage),
      clock_(clock),
      files_(files),
      config_(config),
      settings_(settings),
      stop_(std::move(stop)),
      pool_(settings.batch_bytes),
      place_(start.place),
      version_hash_(std::move(start.version_hash)) {}

Result<void> ReadStage::Open() {
  const FileItem& item = files_[at_];
  if (!item.line_set.loaded()) {
    return FileError("open: which of its lines are to be sent is not known", item.path,
                     "this is a defect of reprocess: please report it");
  }
  file_key_ = FileKeyOf(KeyPathOf(item));
  owned_ = OwnedRanges(item);
  start_line_ = item.path == config_.start_file ? config_.start_line : 0;
  all_owned_ = start_line_ <= 1 && !IsPart(item);
  if (version_hash_.empty() && !item.etag.empty()) version_hash_ = HashText(item.etag);
  const auto open = [this, &item](std::uint64_t offset) -> Result<OpenedObject> {
    Result<OpenedObject> object = storage_.Open(item, offset, version_hash_, stop_);
    if (!object) return object;
    TRY_OK(CheckOpened(*object));
    version_tag_ = object->version_tag;
    object_size_ = object->size;
    version_hash_ = HashText(version_tag_);
    return object;
  };
  // From the byte before the part: the line that it ends or belongs to is the neighbour's.
  FilePlace start = place_;
  if (place_.byte == 0 && item.offset > 0) start.byte = item.offset - 1;
  TRY(reader_,
      LineReader::Open(open, start, {settings_.batch_bytes, settings_.max_line_bytes}, pool_));
  if (reader_->compressed() && (item.offset > 0 || item.length)) {
    return FileError("open: an item with offset or length names a compressed file", {},
                     "list it whole, or with ranges");
  }
  if (at_ + 1 < files_.size()) storage_.Prefetch(files_[at_ + 1]);
  return {};
}

Result<void> ReadStage::CheckOpened(const OpenedObject& object) const {
  const FileItem& item = files_[at_];
  if (item.size == object.size || item.size == 0) return {};
  if (!item.etag.empty()) {
    return FileError(
        fmt::format("open: the object has {} bytes, the list says {}", object.size, item.size),
        item.path, "start a new job for the object as it is now", Code::kChanged);
  }
  if (version_tag_.empty()) {
    Log(LogLevel::kWarn, "listed size differs from the object's, which counts",
        {{"file", item.path}, {"listed", item.size}, {"found", object.size}});
  }
  return {};
}

Result<Pulled> ReadStage::Next(SteadyTime) {
  while (at_ < files_.size()) {
    if (stop_.stop_requested()) {
      return Stopped("read files");
    }
    Result<Batch> batch = ReadOn();
    if (!batch) {
      TRY(std::optional<Batch> failed, AfterError(std::move(batch).error()));
      if (failed) return std::move(*failed);
      continue;
    }
    if (batch->lines.empty()) return EndOfFile({FileEnd::State::kDone, {}});
    failures_ = 0;
    batch->list_position = files_[at_].list_position;
    batch->file_key = file_key_;
    if (!all_owned_) KeepOwned(*batch);
    place_ = batch->after;
    stored_byte_ = batch->stored_byte;
    return std::move(*batch);
  }
  return PipeEnd{};
}

Result<Batch> ReadStage::ReadOn() {
  if (!reader_) TRY_OK(Open());
  const std::uint64_t end = owned_.back().end();
  if (place_.byte >= end) return Batch();
  TRY(Batch batch, reader_->Next());
  // Behind the last stretch nothing is read, as if the file ended there.
  const auto past = std::ranges::lower_bound(batch.lines, end, {}, &Line::first_byte);
  if (past == batch.lines.end()) return batch;
  if (past == batch.lines.begin()) return Batch();
  batch.after = PlaceAfter(batch, static_cast<std::size_t>(past - batch.lines.begin()) - 1);
  batch.lines.erase(past, batch.lines.end());
  return batch;
}

void ReadStage::KeepOwned(Batch& batch) const {
  batch.uncounted_bytes = batch.begin.byte - place_.byte;
  std::erase_if(batch.lines, [&](const Line& line) {
    const bool owned = Owned(line);
    if (!owned) batch.uncounted_bytes += line.end_byte - line.first_byte;
    return !owned;
  });
}

bool ReadStage::Owned(const Line& line) const {
  if (line.number < start_line_ || !files_[at_].line_set.Has(line.number)) return false;
  const auto range = std::ranges::upper_bound(owned_, line.first_byte, {}, &ByteRange::first);
  return range != owned_.begin() && line.first_byte < std::prev(range)->end();
}

Result<std::optional<Batch>> ReadStage::AfterError(Error error) {
  reader_.reset();
  if (stop_.stop_requested()) return Stopped("read files");
  ++failures_;
  const std::string& path = files_[at_].path;
  if (error.remedy == Remedy::kRetry && failures_ < config_.retry_attempts) {
    Log(LogLevel::kWarn, "reading failed, trying again",
        {{"file", path}, {"try", failures_}, {"line", place_.line}, {"why", error.ToString()}});
    if (!clock_.SleepFor(settings_.retry_wait * failures_, stop_)) {
      return Stopped("read files");
    }
    return std::nullopt;
  }
  if (error.code == Code::kChanged && place_.byte > 0 && !IsPart(files_[at_])) {
    error.hint = fmt::format(
        "what was read of the old version is delivered up to line {}; `reprocess retry JOB "
        "--repaired` sends the rest where the new one begins with the same bytes, else a new job "
        "with start_file and start_line {} does",
        place_.line, place_.line + 1);
  }
  return EndOfFile({FileEnd::State::kFailed, std::move(error)});
}

Batch ReadStage::EndOfFile(FileEnd end) {
  if (files_[at_].path == config_.start_file && config_.start_line > place_.line + 1 &&
      end.state == FileEnd::State::kDone) {
    Log(LogLevel::kWarn, "start_line lies past the end of start_file",
        {{"file", config_.start_file}, {"start_line", config_.start_line}, {"lines", place_.line}});
  }
  Batch batch;
  batch.list_position = files_[at_].list_position;
  batch.file_key = file_key_;
  batch.version_tag = version_tag_;
  batch.object_size = object_size_;
  batch.stored_byte = end.state == FileEnd::State::kDone ? object_size_ : stored_byte_;
  batch.begin = batch.after = place_;
  batch.end = std::move(end);
  reader_.reset();
  ++at_;
  place_ = {};
  version_hash_.clear();
  version_tag_.clear();
  object_size_ = stored_byte_ = 0;
  failures_ = 0;
  return batch;
}

}  // namespace reprocess
