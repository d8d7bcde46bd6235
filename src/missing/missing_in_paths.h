// `reprocess inspect --only-missing` as a use case: how much of what is below some paths a topic
// lacks. Sends nothing, and needs no database.
//
//   connections  are compared where they are known: configured, or looked up in the repository
//   errors       as in missing/find_missing.h; kInvalid without brokers or topic
//   threads      one at a time
#pragma once

#include <string>
#include <vector>

#include "config/repository.h"
#include "missing/find_missing.h"
#include "plan/discover.h"

namespace reprocess {

struct MissingInPathsRequest {
  std::vector<std::string> paths;
  std::string version_id{};  // of the one S3 object in `paths`; empty = the current one
  std::string manifest{};    // instead of `paths` (plan/manifest.h)
  JobConfig config{};
  KafkaSettings kafka;
  Settings settings;
  RepositoryAccess repository;
  MissingLook look{};
};

struct MissingInPaths {
  MissingReport report;
  bool connections_compared = false;
  std::vector<IgnoredFile> ignored;
  std::vector<std::string> warnings;
};

Result<MissingInPaths> FindMissingInPaths(
    const MissingInPathsRequest& request, Storage& storage,
    const std::function<void(const MissingProgress&)>& progress, const std::stop_token& stop);

}  // namespace reprocess
