#include "cluster/job_logs.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "cluster/seen.h"
#include "kube/logs.h"
#include "kube/watch.h"

namespace reprocess {
namespace {

constexpr int kLook = 2;  // KubeApi::Pause: two seconds

bool IsOlder(const JobLogLine& a, const JobLogLine& b) {
  return a.time < b.time;
}

// What was kept of a pod that is gone.
void AddKept(const PodRow& pod, const LogsRequest& request, std::vector<JobLogLine>& lines) {
  for (std::string_view rest = pod.log; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (const auto line = ParseLogLine(rest.substr(0, end))) {
      if (!request.since || line->time >= PreciseTime(*request.since)) {
        lines.push_back({line->time, pod.worker_index, pod.name, std::string(line->text)});
      }
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// Of each worker the last `most`; `lines` are in order.
void KeepLast(int most, std::vector<JobLogLine>& lines) {
  std::map<int, int> left;
  for (const JobLogLine& line : lines) ++left[line.worker];
  std::erase_if(lines, [&](const JobLogLine& line) { return left[line.worker]-- > most; });
}

class Logs {
 public:
  Logs(KubeApi& api, const LogsRequest& request, LogsListener& listener)
      : api_(api), request_(request), listener_(listener) {}

  // What there is by now; the pods that it is of.
  Result<std::vector<SeenPod>> Read(const std::vector<PodRow>& kept, const std::stop_token& stop) {
    TRY(const KubeList list, ListObjects(api_, kPods, ObjectsOfJob(request_.job_id), stop));
    std::vector<JobLogLine> lines;
    std::vector<SeenPod> pods;
    std::set<std::string> there;
    for (const KubeObject& object : list.objects) {
      there.insert(object.uid);
      const SeenPod pod = PodOf(object);
      if (!IsWanted(pod.worker_index)) continue;
      TRY_OK(ReadPod(pod, lines, stop));
      pods.push_back(pod);
    }
    for (const PodRow& pod : kept) {
      if (IsWanted(pod.worker_index) && !there.contains(pod.uid)) AddKept(pod, request_, lines);
    }
    std::ranges::stable_sort(lines, IsOlder);
    if (request_.tail) KeepLast(*request_.tail, lines);
    for (const JobLogLine& line : lines) listener_.Line(line);
    return pods;
  }

  bool whole() const { return whole_; }
  bool IsWanted(int worker) const { return !request_.worker || *request_.worker == worker; }

  // From what Read saw of it on, until it has ended.
  void Follow(const SeenPod& pod, const std::stop_token& stop) {
    const auto seen = last_.find(pod.uid);
    const std::optional<PreciseTime> last =
        seen != last_.end() ? std::optional(seen->second) : std::nullopt;
    LogQuery query{.pod = pod.name, .container = std::string(kWorkerContainer)};
    query.since = last ? std::optional<WallTime>(*last) : request_.since;
    const LogTaker taker{
        .line =
            [&](const LogLine& line) {
              if (last && line.time <= *last) return true;
              const std::scoped_lock lock(mutex_);
              listener_.Line({line.time, pod.worker_index, pod.name, std::string(line.text)});
              return true;
            },
        .away = [&](const Error& error) { Note(pod, error); }};
    const Result<void> followed = FollowLog(api_, query, taker, stop);
    if (followed || followed.error().code == Code::kStopped) return;
    Note(pod, followed.error());
    const std::scoped_lock lock(mutex_);
    whole_ = false;
  }

 private:
  // A pod that has not begun has no log yet (400); one may be gone by now, and a run before the last.
  // One that has ended had one.
  static bool HasNone(const SeenPod& pod, bool previous, const Error& error) {
    if (pod.ended && !previous) return false;
    return error.code == Code::kInvalid || error.code == Code::kNotFound;
  }

  Result<void> ReadPod(const SeenPod& pod, std::vector<JobLogLine>& lines,
                       const std::stop_token& stop) {
    const LogTaker taker{
        .line =
            [&](const LogLine& line) {
              lines.push_back({line.time, pod.worker_index, pod.name, std::string(line.text)});
              last_[pod.uid] = std::max(last_[pod.uid], line.time);
              return true;
            },
        .away = {}};
    for (const bool previous : {true, false}) {
      if (previous && pod.restarts == 0) continue;
      const LogQuery query{.pod = pod.name,
                           .container = std::string(kWorkerContainer),
                           .since = request_.since,
                           .tail = request_.tail,
                           .previous = previous};
      const Result<void> read = ReadLog(api_, query, taker, stop);
      if (read || HasNone(pod, previous, read.error())) continue;
      if (read.error().code == Code::kStopped || read.error().code == Code::kNotAuthorized) {
        return read;
      }
      whole_ = false;
      Note(pod, read.error());
    }
    return {};
  }

  void Note(const SeenPod& pod, const Error& error) {
    const std::scoped_lock lock(mutex_);
    listener_.Note(fmt::format("worker {}: {}", pod.worker_index, error.ToString()));
  }

  KubeApi& api_;
  const LogsRequest& request_;
  LogsListener& listener_;
  std::map<std::string, PreciseTime> last_;  // by pod, of what was read before following
  std::mutex mutex_;
  bool whole_ = true;
};

// Follows each pod that the cluster tells of, on a thread of its own.
class Followers final : public WatchListener {
 public:
  Followers(Logs& logs, std::stop_token stop) : logs_(logs), stop_(std::move(stop)) {}

  void Add(const SeenPod& pod) {
    if (!logs_.IsWanted(pod.worker_index) || !pods_.insert(pod.uid).second) return;
    threads_.emplace_back([this, pod] { logs_.Follow(pod, stop_); });
  }
  bool Listed(const KubeList& list) override {
    for (const KubeObject& object : list.objects) Add(PodOf(object));
    return true;
  }
  bool Changed(WatchEvent::Kind kind, const KubeObject& object) override {
    if (kind != WatchEvent::Kind::kDeleted) Add(PodOf(object));
    return true;
  }
  void Away(const Error&) override {}

 private:
  Logs& logs_;
  const std::stop_token stop_;
  std::set<std::string> pods_;
  std::vector<std::jthread> threads_;
};

// Returns when the Job will have no more pods.
Result<void> AwaitEnd(KubeApi& api, const std::string& job_id, const std::stop_token& stop) {
  for (;;) {
    const auto object = GetObject(api, kJobs, JobNameOf(job_id), stop);
    if (!object) {
      if (object.error().code == Code::kNotFound) return {};
      if (object.error().remedy != Remedy::kWait) return std::unexpected(object.error());
    } else {
      const SeenJob job = JobOf(*object);
      if (job.complete || job.failed) return {};
    }
    if (!api.Pause(kLook, stop)) return Stopped("follow the logs");
  }
}

std::unexpected<Error> NothingKnown(const std::string& job_id) {
  return Fatal("read the logs: no pod of the job is there, and none was kept", job_id,
               "a job that runs here logs to its own output", Code::kNotFound);
}

}  // namespace

Result<bool> ReadJobLogs(KubeApi& api, const LogsRequest& request, const std::vector<PodRow>& kept,
                         LogsListener& listener, const std::stop_token& stop) {
  Logs logs(api, request, listener);
  TRY(const auto pods, logs.Read(kept, stop));
  if (pods.empty() && kept.empty()) return NothingKnown(request.job_id);
  return logs.whole();
}

Result<bool> FollowJobLogs(KubeApi& api, const LogsRequest& request,
                           const std::vector<PodRow>& kept, LogsListener& listener,
                           const std::stop_token& stop) {
  Logs logs(api, request, listener);
  TRY(const auto pods, logs.Read(kept, stop));
  Result<void> ended;
  {
    std::stop_source watching, following;
    const std::stop_callback stopped(stop, [&] {
      watching.request_stop();
      following.request_stop();
    });
    Followers followers(logs, following.get_token());
    for (const SeenPod& pod : pods) followers.Add(pod);
    Result<void> watched;
    std::jthread watch([&] {
      watched =
          WatchObjects(api, kPods, ObjectsOfJob(request.job_id), followers, watching.get_token());
    });
    ended = AwaitEnd(api, request.job_id, stop);
    watching.request_stop();
    watch.join();
    if (ended && !watched && watched.error().code != Code::kStopped) ended = watched;
    if (!ended) following.request_stop();
  }  // … and those that follow, when the pods have ended
  if (!ended) return std::unexpected(ended.error());
  return logs.whole();
}

}  // namespace reprocess
