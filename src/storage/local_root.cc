#include "storage/local_root.h"

#include <array>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <fmt/format.h>

#include "storage/local_stat.h"

namespace reprocess {
namespace {

std::string LinkOf(const Descriptor& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

// Where the kernel says that an open file lies.
Result<std::string> PlaceOf(const Descriptor& file, const std::string& path) {
  std::array<char, PATH_MAX> text;
  const ssize_t size = ::readlink(LinkOf(file).c_str(), text.data(), text.size());
  if (size < 0) return std::unexpected(SystemError("find in /proc", path, errno));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

Result<Descriptor> Find(const std::string& path, int flags, const char* action) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file) return std::unexpected(SystemError(action, path, errno));
  return file;
}

}  // namespace

Result<Descriptor> LocalRoot::Open(const std::string& path, int flags, const char* action) const {
  if (root_.empty()) return Find(path, flags, action);
  TRY(const Descriptor root, Find(root_, O_PATH | O_DIRECTORY, "open REPROCESS_LOCAL_ROOT"));
  TRY(std::string inside, PlaceOf(root, root_));
  // Found without being opened: outside, that alone may have effects (a device, a pipe).
  TRY(const Descriptor found, Find(path, O_PATH, action));
  TRY(const std::string place, PlaceOf(found, path));
  if (!inside.ends_with('/')) inside += '/';
  if (!(place + '/').starts_with(inside)) {
    return FileError(fmt::format("{}: it lies outside REPROCESS_LOCAL_ROOT", action), path,
                     "links are followed; move the file, or widen the root", Code::kNotAuthorized);
  }
  Descriptor file(::open(LinkOf(found).c_str(), flags | O_CLOEXEC));
  if (!file) return std::unexpected(SystemError(action, path, errno));
  return file;
}

}  // namespace reprocess
