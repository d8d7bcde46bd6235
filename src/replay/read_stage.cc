#include "replay/read_stage.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace reprocess {

ReadStage::ReadStage(Storage& storage, Clock& clock, std::vector<AssignedFile> files,
                     ReadStart start, const JobConfig& config, const Settings& settings,
                     std::stop_token stop)
    : storage_(storage),
      clock_(clock),
      files_(std::move(files)),
      config_(config),
      settings_(settings),
      stop_(std::move(stop)),
      pool_(settings.batch_bytes),
      place_(start.place),
      version_hash_(std::move(start.version_hash)) {}

Result<void> ReadStage::Open() {
  const FileItem& item = files_[at_].item;
  file_key_ = FileKeyOf(item.path);
  const auto open = [this, &item](std::uint64_t offset) -> Result<OpenedObject> {
    Result<OpenedObject> object = storage_.Open(item, offset, version_hash_, stop_);
    if (!object) return object;
    if (version_tag_.empty() && item.size != 0 && item.size != object->size) {
      Log(LogLevel::kWarn, "listed size differs from the object's, which counts",
          {{"file", item.path}, {"listed", item.size}, {"found", object->size}});
    }
    version_tag_ = object->version_tag;
    object_size_ = object->size;
    version_hash_ = HashText(version_tag_);
    return object;
  };
  TRY(reader_,
      LineReader::Open(open, place_, {settings_.batch_bytes, settings_.max_line_bytes}, pool_));
  return {};
}

Result<Pulled> ReadStage::Next(SteadyTime) {
  while (at_ < files_.size()) {
    if (stop_.stop_requested()) {
      return Fatal("read files: asked to stop", {}, {}, Code::kStopped);
    }
    Result<void> opened;
    if (!reader_) opened = Open();
    Result<Batch> batch = opened ? reader_->Next() : std::unexpected(std::move(opened).error());
    if (!batch) {
      TRY(std::optional<Batch> failed, AfterError(std::move(batch).error()));
      if (failed) return std::move(*failed);
      continue;
    }
    if (batch->lines.empty()) return EndOfFile({FileEnd::State::kDone, {}});
    failures_ = 0;
    place_ = batch->after;
    return Stamped(std::move(*batch));
  }
  return PipeEnd{};
}

Batch ReadStage::Stamped(Batch batch) const {
  batch.list_position = files_[at_].list_position;
  batch.file_key = file_key_;
  DropBeforeStartLine(batch);
  return batch;
}

void ReadStage::DropBeforeStartLine(Batch& batch) const {
  if (config_.start_line <= 1 || files_[at_].item.path != config_.start_file) return;
  const auto kept = std::ranges::find_if(
      batch.lines, [&](const Line& line) { return line.number >= config_.start_line; });
  for (auto line = batch.lines.begin(); line != kept; ++line) {
    batch.uncounted_bytes += line->end_byte - line->first_byte;
    batch.begin.byte = line->end_byte;
    batch.begin.line = line->number;
  }
  batch.lines.erase(batch.lines.begin(), kept);
}

Result<std::optional<Batch>> ReadStage::AfterError(Error error) {
  reader_.reset();
  if (stop_.stop_requested()) return Fatal("read files: asked to stop", {}, {}, Code::kStopped);
  ++failures_;
  const std::string& path = files_[at_].item.path;
  if (error.remedy == Remedy::kRetry && failures_ < config_.retry_attempts) {
    Log(LogLevel::kWarn, "reading failed, trying again",
        {{"file", path}, {"try", failures_}, {"line", place_.line}, {"why", error.ToString()}});
    if (!clock_.SleepFor(settings_.retry_wait * failures_, stop_)) {
      return Fatal("read files: asked to stop", {}, {}, Code::kStopped);
    }
    return std::nullopt;
  }
  if (error.code == Code::kChanged && place_.byte > 0) {
    error.hint = fmt::format(
        "what was read of the old version is delivered up to line {}; a new job with start_file "
        "and "
        "start_line {} goes on in the new one",
        place_.line, place_.line + 1);
  }
  return EndOfFile({FileEnd::State::kFailed, std::move(error)});
}

Batch ReadStage::EndOfFile(FileEnd end) {
  if (files_[at_].item.path == config_.start_file && config_.start_line > place_.line + 1 &&
      end.state == FileEnd::State::kDone) {
    Log(LogLevel::kWarn, "start_line lies past the end of start_file",
        {{"file", config_.start_file}, {"start_line", config_.start_line}, {"lines", place_.line}});
  }
  Batch batch;
  batch.list_position = files_[at_].list_position;
  batch.file_key = file_key_;
  batch.version_tag = version_tag_;
  batch.object_size = object_size_;
  batch.begin = batch.after = place_;
  batch.end = std::move(end);
  reader_.reset();
  ++at_;
  place_ = {};
  version_hash_.clear();
  version_tag_.clear();
  object_size_ = 0;
  failures_ = 0;
  return batch;
}

}  // namespace reprocess
