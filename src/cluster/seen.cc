#include "cluster/seen.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/json.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using nlohmann::json;

constexpr std::string_view kIndex = "batch.kubernetes.io/job-completion-index";

json Parsed(const KubeObject& object) {
  return json::parse(object.json, nullptr, false);
}

bool Is(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

// "Reason: message", or what there is of it.
std::string Said(const std::string& reason, const std::string& message) {
  if (reason.empty() || message.empty()) return reason + message;
  return fmt::format("{}: {}", reason, message);
}
std::string Said(const json& object) {
  return Said(TextAt(object, {"reason"}), TextAt(object, {"message"}));
}

// The condition of this type where it holds; else null.
const json& Condition(const json& object, std::string_view type, std::string_view status = "True") {
  static const json kNone;
  for (const json& condition : At(object, {"status", "conditions"})) {
    if (TextAt(condition, {"type"}) == type && TextAt(condition, {"status"}) == status) {
      return condition;
    }
  }
  return kNone;
}

const json& WorkerStatusOf(const json& pod) {
  static const json kNone;
  for (const json& status : At(pod, {"status", "containerStatuses"})) {
    if (TextAt(status, {"name"}) == kWorkerContainer) return status;
  }
  return kNone;
}

int IndexOf(const json& pod) {
  std::string text = TextAt(pod, {"metadata", "annotations", kIndex});
  if (text.empty()) text = TextAt(pod, {"metadata", "labels", kIndex});
  int index = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), index);
  return index;
}

void AddEnd(const json& pod, const json& ended, SeenPod& seen) {
  const std::string phase = TextAt(pod, {"status", "phase"});
  seen.ended = ended.is_object() || phase == "Succeeded" || phase == "Failed";
  if (!seen.ended) return;
  if (ended.is_object()) {
    seen.ended_at = TextAt(ended, {"finishedAt"});
    seen.exit_code = NumberAt(ended, {"exitCode"});
    if (const std::string why = TextAt(ended, {"reason"}); why != "Completed" && why != "Error") {
      seen.reason = why;
    }
  }
  if (const json& disrupted = Condition(pod, "DisruptionTarget"); disrupted.is_object()) {
    seen.reason = "DisruptionTarget: " + Said(disrupted);
  } else if (const std::string evicted = Said(At(pod, {"status"})); !evicted.empty()) {
    seen.reason = evicted;
  }
}

std::string WaitingOf(const json& pod, const json& status) {
  if (const json& scheduled = Condition(pod, "PodScheduled", "False"); scheduled.is_object()) {
    return Said(scheduled);
  }
  return Said(At(status, {"state", "waiting"}));
}

}  // namespace

bool IsOlderThan(const std::string& time, Milliseconds age, WallTime now) {
  const auto at = ParseRfc3339(time);
  return at && now - at->time > age;
}

SeenJob JobOf(const KubeObject& object) {
  const json job = Parsed(object);
  SeenJob seen{.name = object.name, .uid = object.uid};
  seen.job_id = TextAt(job, {"metadata", "labels", "job-id"});
  seen.suspended = Is(At(job, {"spec", "suspend"}));
  seen.deleting = !TextAt(job, {"metadata", "deletionTimestamp"}).empty();
  seen.parallelism = NumberAt(job, {"spec", "parallelism"});
  seen.active = NumberAt(job, {"status", "active"});
  seen.terminating = NumberAt(job, {"status", "terminating"});
  seen.queue = TextAt(job, {"metadata", "labels", kQueueLabel});
  seen.complete = Condition(job, "Complete").is_object();
  const json& failed = Condition(job, "Failed");
  seen.failed = failed.is_object();
  seen.why = Said(seen.failed ? failed : Condition(job, "Suspended"));
  return seen;
}

SeenPod PodOf(const KubeObject& object) {
  const json pod = Parsed(object);
  SeenPod seen{.uid = object.uid, .name = object.name};
  seen.job_id = TextAt(pod, {"metadata", "labels", "job-id"});
  seen.worker_index = IndexOf(pod);
  seen.created_at = TextAt(pod, {"metadata", "creationTimestamp"});
  seen.deleted_at = TextAt(pod, {"metadata", "deletionTimestamp"});
  seen.node = TextAt(pod, {"spec", "nodeName"});
  const json& status = WorkerStatusOf(pod);
  seen.image = TextAt(status, {"image"});
  seen.restarts = NumberAt(status, {"restartCount"});
  const json& running = At(status, {"state", "running"});
  const json& ended = At(status, {"state", "terminated"});
  seen.running = running.is_object();
  seen.started_at = TextAt(seen.running ? running : ended, {"startedAt"});
  if (seen.started_at.empty()) seen.started_at = seen.created_at;
  AddEnd(pod, ended, seen);
  if (!seen.running && !seen.ended) seen.waiting = WaitingOf(pod, status);
  return seen;
}

SeenEvent EventOf(const KubeObject& object) {
  const json event = Parsed(object);
  SeenEvent seen;
  seen.object_uid = TextAt(event, {"involvedObject", "uid"});
  seen.object_name = TextAt(event, {"involvedObject", "name"});
  seen.reason = TextAt(event, {"reason"});
  seen.message = TextAt(event, {"message"});
  seen.warning = TextAt(event, {"type"}) == "Warning";
  for (const std::string_view time : {"lastTimestamp", "eventTime", "firstTimestamp"}) {
    if (seen.time.empty()) seen.time = TextAt(event, {time});
  }
  return seen;
}

PodRow RowOf(const SeenPod& pod, std::string reason) {
  return {.uid = pod.uid,
          .job_id = pod.job_id,
          .name = pod.name,
          .worker_index = pod.worker_index,
          .started_at = pod.started_at,
          .ended_at = pod.ended_at,
          .exit_code = pod.exit_code,
          .reason = std::move(reason)};
}

}  // namespace reprocess
