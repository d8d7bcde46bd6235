// `reprocess inspect` as a use case: what is in these files, and what would be sent of it.
//
//   memory     flat: a tally keeps at most kMostNames names, and counts the rest as kOtherNames
//   errors     a file that cannot be read to its end stands in the report, with the reason
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/repository.h"
#include "model/counters.h"
#include "model/job_config.h"
#include "model/settings.h"
#include "plan/discover.h"

namespace reprocess {

struct InspectRequest {
  std::vector<std::string> paths;
  std::string version_id;  // of the one S3 object in `paths`; empty = the current one
  std::string manifest;    // instead of `paths` (plan/manifest.h)
  JobConfig config;
  std::size_t samples = 3;  // of lines that would be sent; of others one a reason
  Settings settings;
  RepositoryAccess repository;
};

struct Tally {
  std::uint64_t lines = 0, bytes = 0;
  bool operator==(const Tally&) const = default;
};
inline constexpr std::size_t kMostNames = 10'000;
inline constexpr const char* kOtherNames = "(other)";
inline constexpr const char* kNoName = "(none)";

struct InspectedFile {
  std::string path;
  std::uint64_t size = 0;  // stored
  Counters counters;
  std::optional<WallTime> first, last;  // messageCreated
  std::string failure;                  // where and why reading stopped; or empty
};

struct SampleLine {
  std::string path;
  std::uint64_t line = 0, byte = 0;
  std::string verdict;  // "sent", or the reason's name
  std::string message;  // why it is an error; or empty
  std::string text;     // at most 1 KiB
};

struct InspectReport {
  std::vector<InspectedFile> files;
  std::vector<IgnoredFile> ignored;
  std::vector<std::string> warnings;
  Counters counters;  // success: what would be sent
  std::optional<WallTime> first, last;
  std::uint64_t without_time = 0;  // messages with an absent or unreadable messageCreated
  std::map<std::string, Tally> streams, types, days, hours;  // of messages; times in UTC
  std::vector<SampleLine> samples;
  bool destinations_checked = false;  // connections were configured, or a repository looked up
  bool stopped = false;               // by the stop token: the report is of a part
  std::size_t failed_files = 0;
};

// `progress` is called after each batch of lines, with the report so far.
Result<InspectReport> Inspect(const InspectRequest& request, Storage& storage,
                              const std::function<void(const InspectReport&)>& progress,
                              const std::stop_token& stop);

}  // namespace reprocess
