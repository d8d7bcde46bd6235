// Finds the files of a job (contract section 7), in the order in which they are replayed.
//
//   found      below a path, files whose names end in .ndjson, .ndjson.gz or .ndjson.zst; and every
//              file that is named itself
//   order      by path, bytewise; a file that two paths lead to counts once
//   dates      below a path, a file whose name holds a time (YYYY_MM_DDTHH_MM_SS) is kept when that
//              time is not more than 24 h after `date_to` and its last change not before
//              `date_from`; a name without a time is kept
//   ignored    everything else, each with the reason: nothing is dropped silently
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/job_config.h"
#include "model/storage.h"
#include "store/planned_files.h"

namespace reprocess {

using FoundFile = PlannedFile;  // which it will be

struct IgnoredFile {
  std::string path, reason;
  bool operator==(const IgnoredFile&) const = default;
};

struct Discovery {
  PlannedFiles files;
  std::vector<IgnoredFile> ignored;
};

// It is an error to find no file at all, or a path that cannot be listed. A path below which
// nothing lies is ignored where other paths have files.
Result<Discovery> Discover(Storage& storage, const std::vector<std::string>& paths,
                           std::optional<WallTime> date_from, std::optional<WallTime> date_to);

// The same by a job's dates; or, with a version, the one object that `paths` names, in that one. It is
// not looked up in the list, which knows current versions alone, and a deleted object has none.
Result<Discovery> DiscoverFor(const JobConfig& config, Storage& storage,
                              const std::vector<std::string>& paths, const std::string& version_id,
                              const std::stop_token& stop);

// The last valid YYYY_MM_DDTHH_MM_SS (UTC) in a path's base name.
std::optional<WallTime> TimeInName(std::string_view path);

// From when to when files were begun, as their names say; nothing of names without a time.
struct NameTimes {
  std::optional<WallTime> first{}, last{};
  void Add(std::string_view path);
};

// The listed path that `name` means: itself, made normal, or the one file with that base name.
Result<std::string> ResolveStartFile(const std::vector<FileItem>& files, std::string_view name);

}  // namespace reprocess
