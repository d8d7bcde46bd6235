#include "cluster/cluster_watch.h"

#include <set>
#include <utility>

#include <fmt/format.h>

namespace reprocess {

KubeSelection OurObjects() {
  return {.labels = fmt::format("app={}", kAppLabel), .fields = {}};
}
KubeSelection JobEvents() {
  return {.labels = {}, .fields = "involvedObject.kind=Job"};
}

void ApplyJob(const KubeObject& object, bool deleted, ClusterSeen& seen) {
  if (deleted) {
    seen.jobs.erase(object.name);
  } else {
    seen.jobs[object.name] = JobOf(object);
  }
}

void ApplyPod(const KubeObject& object, bool deleted, ClusterSeen& seen) {
  SeenPod pod = PodOf(object);
  if (!deleted) {
    seen.pods[object.uid] = std::move(pod);
    return;
  }
  seen.pods.erase(object.uid);
  seen.vanished.push_back(std::move(pod));
}

void ApplyEvent(const KubeObject& object, bool deleted, ClusterSeen& seen) {
  if (deleted) {
    seen.events.erase(object.uid);
  } else {
    seen.events[object.uid] = EventOf(object);
  }
}

void ApplyJobs(const KubeList& list, ClusterSeen& seen) {
  seen.jobs.clear();
  for (const KubeObject& object : list.objects) ApplyJob(object, false, seen);
  seen.jobs_listed = true;
}

void ApplyPods(const KubeList& list, ClusterSeen& seen) {
  std::map<std::string, SeenPod> before = std::exchange(seen.pods, {});
  for (const KubeObject& object : list.objects) {
    ApplyPod(object, false, seen);
    before.erase(object.uid);
  }
  for (auto& [uid, pod] : before) seen.vanished.push_back(std::move(pod));
  seen.pods_listed = true;
}

void ApplyEvents(const KubeList& list, ClusterSeen& seen) {
  seen.events.clear();
  for (const KubeObject& object : list.objects) ApplyEvent(object, false, seen);
}

class ClusterWatch::Listener final : public WatchListener {
 public:
  using All = void (*)(const KubeList&, ClusterSeen&);
  using One = void (*)(const KubeObject&, bool deleted, ClusterSeen&);
  Listener(ClusterWatch& watch, All all, One one) : watch_(watch), all_(all), one_(one) {}

  bool Listed(const KubeList& list) override {
    return Apply([&] { all_(list, watch_.seen_); });
  }
  bool Changed(WatchEvent::Kind kind, const KubeObject& object) override {
    return Apply([&] { one_(object, kind == WatchEvent::Kind::kDeleted, watch_.seen_); });
  }
  void Away(const Error& error) override { watch_.trouble_(error); }

 private:
  template <class Work>
  bool Apply(Work work) {
    const std::scoped_lock lock(watch_.mutex_);
    work();
    watch_.news_ = true;
    watch_.changed_.notify_all();
    return true;
  }

  ClusterWatch& watch_;
  const All all_;
  const One one_;
};

ClusterWatch::ClusterWatch(KubeApi& api, const std::function<void(const Error&)>& trouble)
    : api_(api), trouble_(trouble) {
  const auto begin = [this](KubeResource resource, KubeSelection selection, Listener::All all,
                            Listener::One one) {
    threads_.emplace_back([this, resource, selection = std::move(selection), all, one] {
      Listener listener(*this, all, one);
      Watch(resource, selection, listener);
    });
  };
  begin(kJobs, OurObjects(), ApplyJobs, ApplyJob);
  begin(kPods, OurObjects(), ApplyPods, ApplyPod);
  begin(kEvents, JobEvents(), ApplyEvents, ApplyEvent);
}

ClusterWatch::~ClusterWatch() {
  stop_.request_stop();
}

// A right that is missing may be granted.
void ClusterWatch::Watch(const KubeResource& resource, const KubeSelection& selection,
                         Listener& listener) {
  constexpr int kLong = 5;  // 16 s
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    const auto ended = WatchObjects(api_, resource, selection, listener, stop);
    if (ended || ended.error().code == Code::kStopped) return;
    trouble_(ended.error());
    if (!api_.Pause(kLong, stop)) return;
  }
}

ClusterSeen ClusterWatch::Wait(Milliseconds most, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, most, [this] { return news_; });
  news_ = false;
  ClusterSeen seen = seen_;
  seen_.vanished.clear();
  return seen;
}

}  // namespace reprocess
