// Jobs on Kubernetes, in one cluster's namespace. While this lives it keeps the jobs there true, where
// nobody else does (jobs/keep_cluster.h): it grows, suspends, ends and cleans up what was asked for.
#pragma once

#include <memory>
#include <string>

#include "base/environment.h"
#include "cluster/values.h"
#include "config/worker_config.h"
#include "jobs/launcher.h"
#include "kube/access.h"
#include "store/database.h"

namespace reprocess {

struct KubernetesOptions {
  ClusterAccess access;
  Values values;             // of the pods of new jobs (jobs/pod_values.h)
  std::string database_url;  // that the pods open too
  Environment environment;   // where the workers' settings come from
  EnvironmentConfig config;  // of the same
};

// kInvalid: the database is a file, which pods cannot share. Nothing is asked of the cluster yet.
Result<std::unique_ptr<Launcher>> LaunchOnKubernetes(KubernetesOptions options, Database& database);

}  // namespace reprocess
