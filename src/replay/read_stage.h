// The first stage: opens the shard's files one after the other and cuts them into batches.
//
//   parts      an item owns the lines that begin in its stretches and are of its set
//              (model/job_config.h), and start_line cuts the first file: what lies between is
//              uncounted, a gap of the batch (model/batch.h)
//   retries    what the storage calls kRetry is tried again up to `retry_attempts` times in all
//              without progress, from the last good line, in the same version of the object; then,
//              and for everything else, the file ends with FileEnd::kFailed and the next one begins
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "decode/line_reader.h"
#include "model/job_config.h"
#include "model/settings.h"
#include "model/storage.h"
#include "replay/stage.h"

namespace reprocess {

// Where reading starts in the first of `files`.
struct ReadStart {
  FilePlace place;
  std::string version_hash;  // the version it must go on in; empty = any
};

class ReadStage final : public Stage {
 public:
  // Borrows all but the start.
  ReadStage(Storage& storage, Clock& clock, std::span<const FileItem> files, ReadStart start,
            const JobConfig& config, const Settings& settings, std::stop_token stop);
  Result<Pulled> Next(SteadyTime deadline) override;

 private:
  Result<void> Open();
  Result<void> CheckOpened(const OpenedObject& object) const;
  // What comes next of the file; without lines at its end, or that of the last stretch.
  Result<Batch> ReadOn();
  // Leaves the lines that the item owns.
  void KeepOwned(Batch& batch) const;
  bool Owned(const Line& line) const;
  // nullopt: tried again.
  Result<std::optional<Batch>> AfterError(Error error);
  Batch EndOfFile(FileEnd end);

  Storage& storage_;
  Clock& clock_;
  const std::span<const FileItem> files_;
  const JobConfig& config_;
  const Settings& settings_;
  const std::stop_token stop_;
  const BufferPool pool_;  // for all files: their batches come back from the sink

  std::size_t at_ = 0;  // in files_
  FilePlace place_;
  std::string version_hash_, version_tag_;
  std::uint64_t object_size_ = 0, stored_byte_ = 0;
  FileKey file_key_;
  int failures_ = 0;  // since the last progress
  std::unique_ptr<LineReader> reader_;
  std::vector<ByteRange> owned_;  // of the current file
  std::uint64_t start_line_ = 0;  // of the current file
  bool all_owned_ = true;         // every line of the current file
};

}  // namespace reprocess
