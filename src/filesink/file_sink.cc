#include "filesink/file_sink.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault_point.h"
#include "filesink/checkpoint_file.h"
#include "filesink/file_calls.h"

namespace reprocess {
namespace {

constexpr std::size_t kWriteBytes = 256 << 10;

class FileSink final : public Sink {
 public:
  FileSink(std::string directory, std::string folder, int shard)
      : directory_(std::move(directory)),
        folder_(std::move(folder)),
        data_path_(fmt::format("{}/{}.ndjson", folder_, shard)),
        checkpoint_(fmt::format("{}/{}.checkpoint", folder_, shard)) {}

  Result<void> Open(const std::stop_token&) override {
    buffer_.clear();
    if (!data_) TRY_OK(Acquire());
    TRY(const auto stored, checkpoint_.Read());
    return CutBack(stored ? stored->data_bytes : 0);
  }

  Result<std::optional<std::string>> ReadCheckpoint(Read) override {
    TRY(auto stored, checkpoint_.Read());
    if (!stored) return std::nullopt;
    return std::move(stored->text);
  }

  Result<void> Begin() override { return {}; }
  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) override;
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override;

  // Cut back to what the checkpoint file says, not to what this object remembers: a commit that
  // failed may have been made all the same.
  void Abandon() override {
    if (data_) (void)Open({});
  }

  Result<void> StartOver(std::string_view checkpoint) {
    TRY_OK(Acquire());
    TRY_OK(checkpoint_.Replace({0, std::string(checkpoint)}));
    return CutBack(0);
  }

 private:
  Result<void> Acquire();
  Result<void> CutBack(std::uint64_t bytes);
  Result<void> WriteOut();

  const std::string directory_, folder_, data_path_;
  CheckpointFile checkpoint_;
  Descriptor data_;     // holds the lock
  std::string buffer_;  // values not written yet
  std::uint64_t written_bytes_ = 0;
};

Result<void> FileSink::Acquire() {
  std::error_code failed;
  const bool made = std::filesystem::create_directories(folder_, failed);
  if (failed) return SinkFileError("make the folder", folder_, failed.value());
  if (made) TRY_OK(SyncDirectory(directory_));
  Descriptor data(::open(data_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!data) return SinkFileError("open", data_path_, errno);
  if (::flock(data.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SinkFileError("lock", data_path_, errno);
    return std::unexpected(Error{.remedy = Remedy::kFenced,
                                 .what = "lock: another process writes this shard",
                                 .where = data_path_,
                                 .hint = "wait for it to end, or stop it",
                                 .code = Code::kConflict});
  }
  data_ = std::move(data);
  return {};
}

Result<void> FileSink::CutBack(std::uint64_t bytes) {
  struct stat info{};
  if (::fstat(data_.get(), &info) != 0) return SinkFileError("look at", data_path_, errno);
  if (static_cast<std::uint64_t>(info.st_size) < bytes) {
    return Fatal(
        fmt::format("resume: the file has {} bytes, its checkpoint says {}", info.st_size, bytes),
        data_path_, "it was changed since; start a new job, or reset this one");
  }
  const auto end = static_cast<off_t>(bytes);
  if (::ftruncate(data_.get(), end) != 0) return SinkFileError("cut back", data_path_, errno);
  if (::lseek(data_.get(), end, SEEK_SET) != end)
    return SinkFileError("seek in", data_path_, errno);
  written_bytes_ = bytes;
  return {};
}

Result<Produced> FileSink::Produce(const Batch& batch, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    const Line& line = batch.lines[i];
    if (line.verdict != Verdict::kSend) continue;
    buffer_.append(line.text, line.size);
    buffer_.push_back('\n');
    if (buffer_.size() >= kWriteBytes) TRY_OK(WriteOut());
  }
  return Produced{.next = to, .refused = std::nullopt};
}

Result<void> FileSink::WriteOut() {
  TRY_OK(WriteAll(data_.get(), buffer_, data_path_));
  written_bytes_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> FileSink::Commit(std::string_view checkpoint, Milliseconds) {
  TRY_OK(WriteOut());
  if (::fdatasync(data_.get()) != 0) return SinkFileError("sync", data_path_, errno);
  FaultPoint("between_data_and_checkpoint");
  TRY_OK(checkpoint_.Replace({written_bytes_, std::string(checkpoint)}));
  FaultPoint("after_commit");
  return {};
}

Result<std::unique_ptr<FileSink>> Make(const std::string& directory, const ShardRef& shard) {
  const std::string& job = shard.job_id;
  if (job.empty() || job == "." || job == ".." || job.find('/') != std::string::npos) {
    return Invalid("write to files: this job id cannot be a folder's name", job);
  }
  return std::make_unique<FileSink>(directory, directory + "/" + job, shard.index);
}

}  // namespace

Result<std::unique_ptr<Sink>> MakeFileSink(const std::string& directory, const ShardRef& shard) {
  return Make(directory, shard);
}

Result<void> ResetFile(const std::string& directory, const ShardRef& shard,
                       std::string_view checkpoint) {
  TRY(const auto sink, Make(directory, shard));
  return sink->StartOver(checkpoint);
}

}  // namespace reprocess
