// The objects of a job on Kubernetes, as JSON texts: the Job, two ConfigMaps that its pods mount, and
// the Secret that is their environment. Pure.
//
//   names      cluster/names.h; labels, mounts and variables are those that the admin service's
//              workers and tools know
//   owner      the Job owns the other three, so that they go with it
//   order      keys come out in one order: the same material makes the same texts
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/values.h"
#include "cluster/worker_environment.h"
#include "store/queries.h"

namespace reprocess {

// A server before 1.29 drops what makes a Job end as we want it: then it is made as the admin service
// makes it, where any crash counts against all.
enum class JobRules : std::uint8_t { kPerShard, kOld };

struct JobMaterial {
  std::string job_id;
  int shards = 1;
  Values values;      // with an image
  std::string files;  // files.json, gzipped
  std::size_t total_files = 0;
  std::string config;  // config.json
  WorkerEnvironment environment;
  JobRules rules = JobRules::kPerShard;
};

enum class Start : std::uint8_t { kSuspended, kAtOnce };

// As many pods at once as `values` say, at most one a shard; suspended, one.
std::string JobText(const JobMaterial& material, Start start);
int ParallelismOf(const JobMaterial& material);

// `job_uid`: of the Job that owns them; empty: they have no owner.
std::string FilesText(const JobMaterial& material, std::string_view job_uid);
std::string ConfigText(const JobMaterial& material, std::string_view job_uid);
std::string CredentialsText(const JobMaterial& material, std::string_view job_uid);

// Where `answered` lacks what `sent` has: "spec.podFailurePolicy". What is empty may be left out.
std::vector<std::string> DroppedFields(std::string_view sent, std::string_view answered);

// Whether a server that drops these is one that JobRules::kOld suits.
bool IsOldServer(const std::vector<std::string>& dropped);

// Folders that the values mount into the pods.
std::vector<std::string> MountedFolders(const Values& values);

}  // namespace reprocess
