#include "filesink/checkpoint_file.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault_point.h"
#include "filesink/file_calls.h"

namespace reprocess {
namespace {

std::string Format(const CheckpointFile::Content& content) {
  return fmt::format("{} {}\n", content.data_bytes, content.text);
}

// Exactly what Format writes.
std::optional<CheckpointFile::Content> Parse(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || text.find('\n') != text.size() - 1) return std::nullopt;
  CheckpointFile::Content content{};
  std::from_chars(text.data(), text.data() + space, content.data_bytes);
  content.text = text.substr(space + 1, text.size() - space - 2);
  if (Format(content) != text) return std::nullopt;
  return content;
}

}  // namespace

CheckpointFile::CheckpointFile(std::string path)
    : path_(std::move(path)),
      temporary_path_(path_ + ".new"),
      folder_(path_.substr(0, path_.rfind('/'))) {}

Result<std::optional<CheckpointFile::Content>> CheckpointFile::Read() const {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return SinkFileError("open", path_, errno);
  std::string text;
  std::array<char, 8192> piece;
  for (;;) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return SinkFileError("read", path_, errno);
    if (size == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  auto content = Parse(text);
  if (!content) {
    return Fatal("read the checkpoint: the file is damaged", path_,
                 "start a new job, or reset this one");
  }
  return content;
}

Result<void> CheckpointFile::Replace(const Content& content) {
  {
    const Descriptor file(
        ::open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return SinkFileError("open", temporary_path_, errno);
    TRY_OK(WriteAll(file.get(), Format(content), temporary_path_));
    if (::fsync(file.get()) != 0) return SinkFileError("sync", temporary_path_, errno);
  }
  FaultPoint("between_checkpoint_and_rename");
  if (std::rename(temporary_path_.c_str(), path_.c_str()) != 0) {
    return SinkFileError("rename", temporary_path_, errno);
  }
  return SyncDirectory(folder_);
}

}  // namespace reprocess
