// Keeps the jobs of a cluster's namespace true: what Kubernetes, the database and Kafka say of them
// becomes rows, and what has to be done is done.
//
//   whose      those that were submitted to this cluster and namespace, and none other
//   lease      one process at a time; every write is conditional on it, or on the generation of the
//              shard's claim or of the job's submission
//   repeated   every step may be done again by whoever comes next, whenever this process dies
//   threads    one at a time
#pragma once

#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "cluster/cluster_watch.h"
#include "cluster/reconcile.h"
#include "cluster/settle.h"
#include "store/database.h"

namespace reprocess {

// Borrowed until the keeper has ended.
struct KeeperWorld {
  KubeApi& api;
  KubeApi& logs;        // the same with a short deadline: reading a pod's last words
  std::string cluster;  // which one (kube/access.h: ClusterId)
  Queries& queries;
  Submissions& submissions;
  ClusterStore& store;
  StatusStore& workers;
  ShardSettler& settler;
  Clock& clock;
};

using Trouble = std::function<void(const Error& error)>;

class Keeper {
 public:
  // `trouble`: what could not be done for one job, while the others go on.
  Keeper(const KeeperWorld& world, Trouble trouble) : world_(world), trouble_(std::move(trouble)) {}

  // Brings all jobs one step on. kFenced: the lease is another's.
  Result<void> Round(const Lease& lease, const ClusterSeen& seen, const std::stop_token& stop);

 private:
  struct Place {  // where a shard's checkpoint is, who has it, and how many came to it since
    std::string checkpoint{}, owner{};
    int claims = 0;
  };
  struct Memory {
    bool loaded = false;
    std::vector<PodRow> kept{};  // without their logs
    std::map<int, Place> places{};
    std::map<std::string, SteadyTime> running{};  // by a pod's uid: since it was first seen to
  };

  Result<void> KeepPod(const Lease& lease, const SeenPod& pod, std::string reason, std::string log);
  Result<void> KeepLastWords(const Lease& lease, const KnownJob& job, const std::string& reason,
                             const std::stop_token& stop);
  Result<void> KeepEnds(const Lease& lease, const ClusterSeen& seen, const std::string& job_id,
                        const std::stop_token& stop);
  Result<Submission> Adopted(const Submission& submission, const ClusterSeen& seen);
  Result<KnownJob> Know(const Submission& submission, const ClusterSeen& seen);
  std::vector<int> FruitlessOf(const KnownJob& job);
  std::map<std::string, Milliseconds> RanOf(const KnownJob& job);
  Result<bool> IsThere(const KnownJob& job, const std::stop_token& stop);
  Result<void> KeepJob(const Lease& lease, const Submission& submission, const ClusterSeen& seen,
                       const std::stop_token& stop);
  Result<void> Grow(const KnownJob& job, const std::stop_token& stop);
  Result<void> Suspend(const Lease& lease, const KnownJob& job, const std::string& phase,
                       const std::stop_token& stop);
  Result<void> Delete(const Lease& lease, const KnownJob& job, const std::stop_token& stop);
  Result<void> DeleteOthers(const KnownJob& job, const std::stop_token& stop);
  Result<void> End(const Lease& lease, const KnownJob& job, const std::string& failure,
                   const std::stop_token& stop);
  // Whether all of them are complete.
  Result<bool> SettleShards(const KnownJob& job, const std::string& failure,
                            const std::stop_token& stop);
  // Whether it is complete.
  Result<bool> EndWorker(const KnownJob& job, int index,
                         const std::optional<Checkpoint>& checkpoint, const std::string& failure);
  Result<void> Tell(const Lease& lease, const KnownJob& job, const std::string& phase,
                    bool ended = false);

  const KeeperWorld& world_;
  const Trouble trouble_;
  std::map<std::string, Memory> memory_;  // by job
};

// The last 64 KiB of what a pod wrote, whole lines with their times in front; empty where that
// cannot be read within five seconds.
std::string TailOf(KubeApi& api, Clock& clock, const std::string& pod, const std::stop_token& stop);

// The name of the lease of a cluster's namespace.
std::string LeaseNameOf(const std::string& cluster, const std::string& name_space);

// Does so until `stop`, whenever the lease is to be had.
void KeepJobs(const KeeperWorld& world, const Trouble& trouble, const std::stop_token& stop);

}  // namespace reprocess
