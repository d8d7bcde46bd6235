#include "plan/discover.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <set>

#include "base/base_name.h"
#include "config/normal_path.h"
#include "model/name_time.h"
#include "model/time_text.h"
#include "plan/manifest.h"

namespace reprocess {
namespace {

constexpr std::array<std::string_view, 3> kEndings = {".ndjson", ".ndjson.gz", ".ndjson.zst"};
constexpr std::chrono::hours kRotationSlack{24};  // a log is named when it is begun or rotated

}  // namespace

std::string WhyIgnored(const ListedObject& object, bool named, std::optional<WallTime> date_from,
                       std::optional<WallTime> date_to) {
  if (!object.archived.empty()) {
    return "archived (" + object.archived +
           "): restore it with `aws s3api restore-object`, and start a job for it then";
  }
  if (named) return {};
  if (!std::ranges::any_of(kEndings, [&](auto end) { return object.path.ends_with(end); })) {
    return "name does not end in .ndjson, .ndjson.gz or .ndjson.zst";
  }
  const auto time = TimeInName(object.path);
  if (!time) return {};
  if (date_to && *time > *date_to + kRotationSlack) {
    return "the time in its name is more than 24 h after the end date";
  }
  if (date_from && object.last_modified < *date_from) return "last changed before the start date";
  return {};
}

Result<Discovery> Discover(Storage& storage, const std::vector<std::string>& paths,
                           std::optional<WallTime> date_from, std::optional<WallTime> date_to) {
  Discovery discovery;
  std::vector<IgnoredFile> ignored, empty;
  for (const auto& named : paths) {
    const std::string path = NormalPath(named);
    bool found = false;
    const auto listed = storage.ListEach(path, [&](ListedObject&& object) {
      found = true;
      auto reason = WhyIgnored(object, object.path == path, date_from, date_to);
      if (!reason.empty()) {
        ignored.push_back({std::move(object.path), std::move(reason)});
      } else {
        discovery.files.push_back({{std::move(object.path), object.size, {}},
                                   std::move(object.version_tag),
                                   FormatRfc3339(object.last_modified)});
      }
    });
    const bool missing = listed || listed.error().code == Code::kNotFound;
    if (!found && missing && named.find_first_of("*?[") != std::string::npos) {
      return Fatal("find files: wildcards are not expanded", named,
                   "name the folder or prefix that the files are below; a shell expands a pattern "
                   "that is not in quotes",
                   Code::kNotFound);
    }
    if (!listed) return std::unexpected(listed.error());
    if (!found) empty.push_back({path, "nothing is there"});
  }
  if (!discovery.files.empty()) std::ranges::copy(empty, std::back_inserter(ignored));
  return SettleDiscovery(std::move(discovery.files), std::move(ignored),
                         paths.empty() ? "" : paths.front());
}

Result<Discovery> SettleDiscovery(PlannedFiles files, std::vector<IgnoredFile> ignored,
                                  const std::string& where) {
  Discovery discovery{std::move(files), {}};
  discovery.files.SortAndUnite();
  std::ranges::sort(ignored, {}, &IgnoredFile::path);
  for (auto& file : ignored) {
    const bool again = !discovery.ignored.empty() && discovery.ignored.back().path == file.path;
    if (!again && !discovery.files.Contains(file.path)) {
      discovery.ignored.push_back(std::move(file));
    }
  }
  if (!discovery.files.empty()) return discovery;
  std::string hint =
      "files end in .ndjson, .ndjson.gz or .ndjson.zst; others can be named one by one";
  if (!discovery.ignored.empty()) {
    hint = std::to_string(discovery.ignored.size()) +
           " ignored, the first: " + discovery.ignored.front().path + ": " +
           discovery.ignored.front().reason;
  }
  return Fatal("find files: none to replay", where, std::move(hint), Code::kNotFound);
}

Result<Discovery> DiscoverFor(const JobConfig& config, Storage& storage, const PlanSource& source,
                              const std::stop_token& stop) {
  if (!source.manifest.empty()) {
    return DiscoverManifest(storage, source, config.date_from, config.date_to, stop);
  }
  if (source.version_id.empty()) {
    return Discover(storage, source.paths, config.date_from, config.date_to);
  }
  PlannedFile file;
  file.item.path = source.paths.front();
  file.item.version_id = source.version_id;
  TRY(const OpenedObject object, storage.Open(file.item, 0, {}, stop));
  file.item.size = object.size;
  file.version_tag = object.version_tag;
  return Discovery{PlannedFiles{file}, {}};
}

std::optional<WallTime> TimeInName(std::string_view path) {
  const auto found = NameTimeOf(path);
  return found ? std::optional(found->time) : std::nullopt;
}

void NameTimes::Add(std::string_view path) {
  const auto time = TimeInName(path);
  if (!time) return;
  first = first ? std::min(*first, *time) : *time;
  last = last ? std::max(*last, *time) : *time;
}

Result<std::string> ResolveStartFile(const std::vector<FileItem>& files, std::string_view name) {
  const std::string path = NormalPath(name);
  std::set<std::string> same_base;
  for (const auto& file : files) {
    if (file.path == path) return path;
    if (BaseName(file.path) == name) same_base.insert(file.path);
  }
  if (same_base.size() == 1) return *same_base.begin();
  if (same_base.empty()) {
    return Fatal("find start file: not among the files to replay", std::string(name),
                 files.empty() ? "" : "the first file is " + files.front().path, Code::kNotFound);
  }
  return Invalid(
      "find start file: several files have this name", std::string(name),
      "give one of them in full: " + *same_base.begin() + ", " + *std::next(same_base.begin()));
}

}  // namespace reprocess
