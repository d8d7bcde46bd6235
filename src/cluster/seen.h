// What a cluster's API says of a job, its pods and what befell them, as plain values.
//
//   absent     what an object does not say is empty, or 0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cluster/names.h"
#include "kube/objects.h"
#include "store/cluster_store.h"

namespace reprocess {

struct SeenJob {
  std::string name{}, uid{}, job_id{};
  bool suspended = false, deleting = false;
  int parallelism = 0, active = 0, terminating = 0;  // pods
  bool complete = false, failed = false;             // by its conditions: it will not go on
  std::string why{};    // it failed or is suspended, in the cluster's words
  std::string queue{};  // Kueue's, which then decides when it starts
};

struct SeenPod {
  std::string uid{}, name{}, job_id{};
  int worker_index = 0;
  std::string created_at{}, started_at{}, ended_at{};  // RFC 3339
  std::string deleted_at{};  // when it should be gone by; empty: nobody has deleted it
  std::string node{}, image{};
  bool running = false, ended = false;
  std::optional<int> exit_code{};
  std::string reason{};   // why it ended
  std::string waiting{};  // why it does not run yet
  int restarts = 0;       // of its container, in place
};

struct SeenEvent {
  std::string object_uid{}, object_name{};
  std::string reason{}, message{}, time{};
  bool warning = false;
};

// Of a time as it is seen; one that cannot be read is not old.
bool IsOlderThan(const std::string& time, Milliseconds age, WallTime now);

SeenJob JobOf(const KubeObject& object);
SeenPod PodOf(const KubeObject& object);
SeenEvent EventOf(const KubeObject& object);

// As it is kept (store/cluster_store.h), but for its log.
PodRow RowOf(const SeenPod& pod, std::string reason);

}  // namespace reprocess
