#include "filesink/file_calls.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace reprocess {

std::unexpected<Error> SinkFileError(std::string_view verb, const std::string& path,
                                     int error_number) {
  std::string hint;
  Code code = Code::kOther;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      hint = "free some space and run it again: it goes on from its checkpoint";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      hint = "give this user the right to write there, or choose another folder";
      code = Code::kNotAuthorized;
      break;
    default:
      break;
  }
  return Fatal(fmt::format("{}: {}", verb, std::generic_category().message(error_number)), path,
               std::move(hint), code);
}

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SinkFileError("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> SyncDirectory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return SinkFileError("open", path, errno);
  if (::fsync(directory.get()) != 0) return SinkFileError("sync", path, errno);
  return {};
}

}  // namespace reprocess
