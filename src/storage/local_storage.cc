#include "storage/local_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "model/key.h"
#include "storage/local_list.h"
#include "storage/local_root.h"
#include "storage/local_stat.h"

namespace reprocess {
namespace {

constexpr char kStillWritten[] =
    "replay it once nothing writes to it any more; a new job takes it as it is now";

std::unexpected<Error> Changed(std::string what, std::string_view path) {
  return FileError(std::move(what), std::string(path), kStillWritten, Code::kChanged);
}

class LocalFile final : public ByteSource {
 public:
  LocalFile(Descriptor file, std::string path, std::string version_tag, std::uint64_t offset)
      : file_(std::move(file)),
        path_(std::move(path)),
        version_tag_(std::move(version_tag)),
        offset_(offset) {}

  // Bytes are handed out only when the file is still the pinned version after they were read.
  Result<std::size_t> Read(std::span<char> out) override {
    ssize_t bytes;
    do {
      bytes = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset_));
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) return std::unexpected(SystemError("read", path_, errno));
    struct stat now;
    if (::fstat(file_.get(), &now) != 0) return std::unexpected(SystemError("stat", path_, errno));
    if (VersionTagOf(now) != version_tag_) {
      return Changed("read: the file changed while it was being read", path_);
    }
    offset_ += static_cast<std::uint64_t>(bytes);
    return static_cast<std::size_t>(bytes);
  }

 private:
  Descriptor file_;
  std::string path_, version_tag_;
  std::uint64_t offset_;
};

class LocalStorage final : public Storage {
 public:
  explicit LocalStorage(std::string root) : root_(std::move(root)) {}

  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                            std::string_view pinned_hash, const std::stop_token&) override {
    TRY_OK(CheckPath(item.path));
    // O_NONBLOCK: opening a pipe would wait for its writer.
    TRY(Descriptor file, root_.Open(item.path, O_RDONLY | O_NONBLOCK, "open"));
    struct stat info;
    if (::fstat(file.get(), &info) != 0) {
      return std::unexpected(SystemError("stat", item.path, errno));
    }
    TRY_OK(CheckRegular(info, item.path));
    OpenedObject opened;
    opened.version_tag = VersionTagOf(info);
    opened.size = static_cast<std::uint64_t>(info.st_size);
    if (!pinned_hash.empty() && HashText(opened.version_tag) != pinned_hash) {
      return Changed("open: the file is no longer the version that reading began with", item.path);
    }
    ::posix_fadvise(file.get(), static_cast<off_t>(offset), 0, POSIX_FADV_SEQUENTIAL);
    opened.bytes =
        std::make_unique<LocalFile>(std::move(file), item.path, opened.version_tag, offset);
    return opened;
  }

  Result<std::vector<ListedObject>> List(std::string_view path) override {
    return ListLocal(path, root_);
  }

 private:
  const LocalRoot root_;
};

}  // namespace

std::unique_ptr<Storage> MakeLocalStorage(std::string root) {
  return std::make_unique<LocalStorage>(std::move(root));
}

}  // namespace reprocess
