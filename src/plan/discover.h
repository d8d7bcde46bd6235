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

#include <functional>
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

struct IgnoredFile {
  std::string path, reason;
  bool operator==(const IgnoredFile&) const = default;
};

struct Discovery {
  PlannedFiles files;
  std::vector<IgnoredFile> ignored;
};

// Where a job's files are.
struct PlanSource {
  std::vector<std::string> paths{};
  std::string version_id{};  // of the one S3 object in `paths`; empty = the current one
  // Of what is found, those with the base name of one of these, as the admin service has it; empty: all.
  std::vector<std::string> files{};
  std::string manifest{};  // instead of `paths`: a file or object that lists them (plan/manifest.h)
  // Asked of each path in the manifest whether it may be read; absent: yes.
  std::function<Result<void>(const std::string& path)> check_path{};
};

// It is an error to find no file at all, or a path that cannot be listed. A path below which
// nothing lies is ignored where other paths have files.
Result<Discovery> Discover(Storage& storage, const std::vector<std::string>& paths,
                           std::optional<WallTime> date_from, std::optional<WallTime> date_to);

// The same by a job's dates, or of a manifest; or, with a version, the one object that `paths` names, in
// that one. It is not looked up in the list, which knows current versions alone, and a deleted object has
// none.
Result<Discovery> DiscoverFor(const JobConfig& config, Storage& storage, const PlanSource& source,
                              const std::stop_token& stop);

// Why an object below a path is not taken, or, `named`, one that was asked for by itself; empty when
// it is.
std::string WhyIgnored(const ListedObject& object, bool named, std::optional<WallTime> date_from,
                       std::optional<WallTime> date_to);

// What was found and ignored in any order, each once; an error where there is nothing, `where`.
Result<Discovery> SettleDiscovery(PlannedFiles files, std::vector<IgnoredFile> ignored,
                                  const std::string& where);

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
