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
  explicit Walk(const LocalRoot& root) : root_(root) {}

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
  Result<void> Enter(const std::string& path, bool top) {
    Result<Descriptor> found = root_.Open(path, O_RDONLY | O_DIRECTORY, "list");
    if (!found) {
      if (found.error().code == Code::kNotFound && !top) return {};
      return std::unexpected(std::move(found).error());
    }
    const Directory directory(::fdopendir(found->get()));
    if (!directory) return std::unexpected(SystemError("list", path, errno));
    found->Release();
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      TRY_OK(Visit(::dirfd(directory.get()), entry->d_name,
                   path.ends_with('/') ? path + entry->d_name : path + '/' + entry->d_name));
    }
    if (errno != 0) return std::unexpected(SystemError("list", path, errno));
    return {};
  }

  Result<void> Visit(int directory, const char* name, std::string path) {
    struct stat info;
    if (::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return {};
      return std::unexpected(SystemError("list", path, errno));
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

  const LocalRoot& root_;
  std::vector<std::string> pending_;
  std::vector<ListedObject> found_;
};

}  // namespace

Result<std::vector<ListedObject>> ListLocal(std::string_view path, const LocalRoot& root) {
  TRY_OK(CheckPath(path));
  std::string top(path);
  TRY(const Descriptor found, root.Open(top, O_PATH, "list"));
  struct stat info;
  if (::fstat(found.get(), &info) != 0) return std::unexpected(SystemError("list", top, errno));
  if (!S_ISDIR(info.st_mode)) return std::vector{ObjectOf(std::move(top), info)};
  while (top.size() > 1 && top.ends_with('/')) top.pop_back();
  return Walk(root).From(std::move(top));
}

}  // namespace reprocess
