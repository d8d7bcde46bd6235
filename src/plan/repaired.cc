#include "plan/repaired.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/base_name.h"
#include "base/thousands.h"
#include "config/normal_path.h"
#include "decode/prefix.h"
#include "model/key.h"

namespace reprocess {
namespace {

// The name without what says how it is compressed: a repaired file may be plain.
std::string_view Stem(std::string_view name) {
  for (const std::string_view end : {".gz", ".zst"}) {
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return name;
}

std::unexpected<Error> LeftOut(std::string why) {
  return FileError(std::move(why), {}, {}, Code::kNotFound);
}

}  // namespace

Result<RepairedFiles> RepairedFiles::Find(Storage& storage, const std::string& directory,
                                          const std::vector<std::string>& moved,
                                          const std::vector<FileRow>& failed) {
  RepairedFiles repaired(storage);
  repaired.directory_ = directory;
  if (!directory.empty()) {
    TRY(const auto listed, storage.List(NormalPath(directory)));
    for (const ListedObject& object : listed) repaired.below_.push_back(object.path);
  }
  for (const std::string& text : moved) {
    // Paths may have a '=' themselves: the one that ends the name of a failed file counts.
    bool found = false;
    for (auto at = text.find('='); at != text.npos && !found; at = text.find('=', at + 1)) {
      const std::string old = NormalPath(text.substr(0, at));
      found =
          at + 1 < text.size() && std::ranges::find(failed, old, &FileRow::path) != failed.end();
      if (found) repaired.moved_[old] = NormalPath(text.substr(at + 1));
    }
    if (!found) {
      return Invalid("read --moved: expected OLD=NEW, OLD being the path of a failed file", text,
                     "`reprocess status JOB` lists them");
    }
  }
  return repaired;
}

Result<std::string> RepairedFiles::PathOf(const FileRow& failed) const {
  if (const auto moved = moved_.find(failed.path); moved != moved_.end()) return moved->second;
  if (directory_.empty()) return failed.path;
  const auto alike = [&](auto same) {
    std::vector<std::string> paths;
    std::ranges::copy_if(below_, std::back_inserter(paths),
                         [&](const std::string& path) { return same(BaseName(path)); });
    return paths;
  };
  const std::string_view name = BaseName(failed.path);
  auto paths = alike([&](std::string_view other) { return other == name; });
  if (paths.empty())
    paths = alike([&](std::string_view other) { return Stem(other) == Stem(name); });
  if (paths.size() == 1) return paths.front();
  if (paths.empty()) return LeftOut("no file of its name lies below " + directory_);
  return LeftOut(fmt::format("{} files of its name lie below {}: say with --moved which one counts",
                             paths.size(), directory_));
}

Result<FileItem> RepairedFiles::Of(const FileRow& failed, const std::stop_token& stop) const {
  FileItem item = ItemOf(failed);
  TRY(item.path, PathOf(failed));
  item.version_id = {};
  if (item.path != failed.path && item.key_path.empty()) item.key_path = failed.path;
  const std::uint64_t bytes = failed.place.byte;
  if (bytes > 0 && !failed.place.hash.value) {
    return LeftOut(fmt::format(
        "the job kept no hash of its first {} bytes ({}): it cannot be told "
        "whether a repaired version begins alike",
        Thousands(bytes),
        IsPart(item) ? "it read a part of the file" : "they were read by an earlier version"));
  }
  const auto open = [&](std::uint64_t offset) { return storage_->Open(item, offset, {}, stop); };
  TRY(const Prefix found, ReadPrefix(open, bytes, stop));
  if (bytes == 0 && IsPart(item) && found.version_tag != failed.version_tag) {
    return LeftOut("the job read a part of it, which in another version has other lines");
  }
  if (item.path == failed.path && found.version_tag == failed.version_tag && bytes > 0) {
    return LeftOut("it is still the version that could not be read: repair it first");
  }
  if (found.bytes < bytes) {
    return LeftOut(fmt::format("{} has {} bytes, fewer than the {} that were read before",
                               item.path, Thousands(found.bytes), Thousands(bytes)));
  }
  if (bytes > 0 && found.hash != *failed.place.hash.value) {
    return LeftOut(fmt::format("the first {} bytes of {} differ from those that were read before",
                               Thousands(bytes), item.path));
  }
  item.etag = found.version_tag;
  item.size = found.size;
  return item;
}

}  // namespace reprocess
