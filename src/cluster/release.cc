#include "cluster/release.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cluster/names.h"
#include "kube/json.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPastGrace{60};

struct Found {
  KubeObject object;
  SeenPod pod;
};

// The one that runs, as far as anybody knows: an index has no two.
Result<std::optional<Found>> LivePod(KubeApi& api, const std::string& job_id, int worker,
                                     const std::stop_token& stop) {
  TRY(KubeList list, ListObjects(api, kPods, ObjectsOfJob(job_id), stop));
  for (KubeObject& object : list.objects) {
    SeenPod pod = PodOf(object);
    if (pod.worker_index == worker && !pod.ended) return Found{std::move(object), std::move(pod)};
  }
  return std::nullopt;
}

std::unexpected<Error> Refused(int worker, const std::string& why, std::string hint) {
  return Fatal(fmt::format("release worker {}: {}", worker, why), {}, std::move(hint),
               Code::kConflict);
}

// As the cluster itself says it of pods that it has lost: such an end counts for nothing.
std::string FailedStatus(const KubeObject& object, WallTime now) {
  const std::string why = "its node does not answer, and somebody has released its worker";
  const json pod = json::parse(object.json, nullptr, false);
  json conditions = json::array();
  for (const json& condition : At(pod, {"status", "conditions"})) {
    if (TextAt(condition, {"type"}) != "DisruptionTarget") conditions.push_back(condition);
  }
  conditions.push_back({{"type", "DisruptionTarget"},
                        {"status", "True"},
                        {"reason", "NodeLost"},
                        {"message", why},
                        {"lastTransitionTime", FormatRfc3339(now)}});
  return json{{"metadata", {{"uid", object.uid}, {"resourceVersion", object.resource_version}}},
              {"status",
               {{"phase", "Failed"},
                {"reason", "NodeLost"},
                {"message", why},
                {"conditions", std::move(conditions)}}}}
      .dump();
}

}  // namespace

bool IsOnLostNode(const SeenPod& pod, WallTime now) {
  return !pod.ended && IsOlderThan(pod.deleted_at, kPastGrace, now);
}

Result<ReleasedPod> ReleaseWorker(KubeApi& api, const std::string& job_id, int worker, WallTime now,
                                  const std::stop_token& stop) {
  TRY(const auto found, LivePod(api, job_id, worker, stop));
  if (!found) return Refused(worker, "it has no pod that runs", "`reprocess watch` says how it is");
  const SeenPod& pod = found->pod;
  if (!IsOnLostNode(pod, now)) {
    return Refused(worker,
                   fmt::format("its pod {} is on {}, which answers as far as Kubernetes knows",
                               pod.name, pod.node.empty() ? "no node yet" : pod.node),
                   "a node counts as lost once Kubernetes has deleted its pods and a minute has "
                   "passed beyond their grace; `reprocess watch` says so then");
  }
  TRY_OK(api.Send({.verb = "patch",
                   .resource = kPods,
                   .name = pod.name,
                   .subresource = "status",
                   .method = "PATCH",
                   .content_type = "application/merge-patch+json",
                   .body = FailedStatus(found->object, now)},
                  stop));
  return ReleasedPod{pod.name, pod.node};
}

}  // namespace reprocess
