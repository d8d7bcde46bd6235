#include "storage/local_list.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "storage/local_stat.h"

namespace reprocess {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

ListedObject ObjectOf(std::string path, const struct stat& info) {
  return {std::move(path), static_cast<std::uint64_t>(info.st_size), ModifiedOf(info),
          VersionTagOf(info)};
}

class Walk {
 public:
  Result<std::vector<ListedObject>> From(std::string root) {
    pending_.push_back(std::move(root));
    for (bool first = true; !pending_.empty(); first = false) {
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      TRY_OK(Enter(path, first));
    }
    std::ranges::sort(found_, {}, &ListedObject::path);
    return std::move(found_);
  }

 private:
  Result<void> Enter(const std::string& path, bool root) {
    const Directory directory(::opendir(path.c_str()));
    if (!directory) {
      if (errno == ENOENT && !root) return {};
      return std::unexpected(FileError("list", path, errno));
    }
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      TRY_OK(Visit(::dirfd(directory.get()), entry->d_name,
                   path.ends_with('/') ? path + entry->d_name : path + '/' + entry->d_name));
    }
    if (errno != 0) return std::unexpected(FileError("list", path, errno));
    return {};
  }

  Result<void> Visit(int directory, const char* name, std::string path) {
    struct stat info;
    if (::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return {};
      return std::unexpected(FileError("list", path, errno));
    }
    if (S_ISDIR(info.st_mode)) {
      pending_.push_back(std::move(path));
      return {};
    }
    if (S_ISLNK(info.st_mode)) {
      // A link that leads nowhere is listed as it is, so that opening it says so.
      struct stat target;
      if (::fstatat(directory, name, &target, 0) == 0) info = target;
      if (S_ISDIR(info.st_mode)) return {};
    }
    found_.push_back(ObjectOf(std::move(path), info));
    return {};
  }

  std::vector<std::string> pending_;
  std::vector<ListedObject> found_;
};

}  // namespace

Result<std::vector<ListedObject>> ListLocal(std::string_view path) {
  TRY_OK(CheckPath(path));
  std::string root(path);
  struct stat info;
  if (::stat(root.c_str(), &info) != 0) return std::unexpected(FileError("list", root, errno));
  if (!S_ISDIR(info.st_mode)) return std::vector{ObjectOf(std::move(root), info)};
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return Walk().From(std::move(root));
}

}  // namespace reprocess
