// What there is of our jobs in a cluster's namespace, kept up to date by watching it.
//
//   threads    three of its own, which call the API; Wait from one other
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "cluster/seen.h"
#include "kube/watch.h"

namespace reprocess {

struct ClusterSeen {
  bool jobs_listed = false, pods_listed = false;
  std::map<std::string, SeenJob> jobs{};      // by name
  std::map<std::string, SeenPod> pods{};      // by uid
  std::map<std::string, SeenEvent> events{};  // of Jobs, by their own uid
  std::vector<SeenPod> vanished{};            // pods that went before they were seen to end
};

// What has our label, and events of Jobs.
KubeSelection OurObjects();
KubeSelection JobEvents();

// Applies what a list or watch says.
void ApplyJobs(const KubeList& list, ClusterSeen& seen);
void ApplyPods(const KubeList& list, ClusterSeen& seen);
void ApplyEvents(const KubeList& list, ClusterSeen& seen);
void ApplyJob(const KubeObject& object, bool deleted, ClusterSeen& seen);
void ApplyPod(const KubeObject& object, bool deleted, ClusterSeen& seen);
void ApplyEvent(const KubeObject& object, bool deleted, ClusterSeen& seen);

class ClusterWatch {
 public:
  // `trouble`: why nothing is heard; called from any of the threads. Both are borrowed.
  ClusterWatch(KubeApi& api, const std::function<void(const Error&)>& trouble);
  ~ClusterWatch();

  // As it is after a change, or after `most`. Each pod that vanished is told once.
  ClusterSeen Wait(Milliseconds most, const std::stop_token& stop);

 private:
  class Listener;
  void Watch(const KubeResource& resource, const KubeSelection& selection, Listener& listener);

  KubeApi& api_;
  const std::function<void(const Error&)>& trouble_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  ClusterSeen seen_;
  bool news_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace reprocess
