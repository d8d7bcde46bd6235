// What a job's pods wrote, as one text: a line each, with its worker.
//
//   order      what was written before the call, oldest first; then, where it is followed, as it
//              comes. Within a pod always as it was written, and nothing twice
//   gone       of pods that are gone, what was kept of their logs (store/cluster_store.h)
//   errors     those of kube/api.h for the job as a whole; what one pod's log cannot be read for is
//              told, and the others go on
//   threads    following, one a pod and one that looks for new pods; the listener is called by one
//              at a time
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "kube/api.h"
#include "model/time_text.h"
#include "store/cluster_store.h"

namespace reprocess {

struct LogsRequest {
  std::string job_id;
  std::optional<int> worker{};      // of this one alone
  std::optional<WallTime> since{};  // nothing before it
  std::optional<int> tail{};        // the last lines of each worker; of what is followed, all
};

struct JobLogLine {
  PreciseTime time;
  int worker = 0;
  std::string pod, text;
};

class LogsListener {
 public:
  virtual ~LogsListener() = default;
  virtual void Line(const JobLogLine& line) = 0;
  // What is missing of it, or waited for.
  virtual void Note(const std::string& text) = 0;
};

// True where every pod that is there could be read. kNotFound: nothing is known of any pod.
Result<bool> ReadJobLogs(KubeApi& api, const LogsRequest& request, const std::vector<PodRow>& kept,
                         LogsListener& listener, const std::stop_token& stop);

// The same, and then what its pods write, and those that succeed them, until the Job has ended.
Result<bool> FollowJobLogs(KubeApi& api, const LogsRequest& request,
                           const std::vector<PodRow>& kept, LogsListener& listener,
                           const std::stop_token& stop);

}  // namespace reprocess
