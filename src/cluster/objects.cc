#include "cluster/objects.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cluster/names.h"
#include "kube/base64.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDay = 86'400;          // seconds that an ended Job stays
constexpr int kRestartsOfAShard = 3;  // by exits that count
constexpr int kRestartsOfAll = 6;     // … for each shard, where they are counted together
constexpr int kFailedFiles = 2, kFenced = 3, kStopped = 4;  // exits: model/outcome.h

constexpr std::string_view kNewFields[] = {"spec.backoffLimitPerIndex", "spec.maxFailedIndexes",
                                           "spec.podReplacementPolicy", "spec.podFailurePolicy"};

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Parsed(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

// What the values say under `name`, where they say it.
void PassJson(Json& object, const char* name, const std::string& json) {
  if (!json.empty()) object[name] = Parsed(json);
}
void PassText(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Json LabelsOf(const JobMaterial& material) {
  Json labels = {{"app", kAppLabel}, {"job-id", material.job_id}};
  if (!material.values.labels.empty()) labels.update(Parsed(material.values.labels));
  return labels;
}

Json MetadataOf(const JobMaterial& material, const std::string& name, const char* type,
                std::string_view job_uid) {
  Json metadata = {{"name", name},
                   {"labels", {{"app", kAppLabel}, {"type", type}, {"job-id", material.job_id}}}};
  if (!job_uid.empty()) {
    metadata["ownerReferences"] = Json::array({{{"apiVersion", "batch/v1"},
                                                {"kind", "Job"},
                                                {"name", JobNameOf(material.job_id)},
                                                {"uid", job_uid}}});
  }
  return metadata;
}

Json ObjectOf(const char* kind, Json metadata) {
  return {
      {"apiVersion", "v1"}, {"kind", kind}, {"metadata", std::move(metadata)}, {"immutable", true}};
}

Json VariablesOf(const JobMaterial& material) {
  Json env = Json::array(
      {{{"name", "JOB_ID"}, {"value", material.job_id}},
       {{"name", "WORKER_INDEX"},
        {"valueFrom",
         {{"fieldRef",
           {{"fieldPath", "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}}}}},
       {{"name", "TOTAL_WORKERS"}, {"value", std::to_string(material.shards)}}});
  // Where all exits count alike, failed files are no reason to end the Job.
  if (material.rules == JobRules::kPerShard) {
    env.push_back(
        {{"name", "REPROCESS_FAILED_FILES_EXIT"}, {"value", std::to_string(kFailedFiles)}});
  }
  if (!material.values.env.empty()) {
    for (const Json& variable : Parsed(material.values.env)) env.push_back(variable);
  }
  return env;
}

Json VolumesOf(const JobMaterial& material) {
  Json volumes = Json::array(
      {{{"name", "file-list"}, {"configMap", {{"name", FilesNameOf(material.job_id)}}}},
       {{"name", "job-config"}, {"configMap", {{"name", ConfigNameOf(material.job_id)}}}}});
  if (!material.values.volumes.empty()) {
    for (const Json& volume : Parsed(material.values.volumes)) volumes.push_back(volume);
  }
  return volumes;
}

Json MountsOf(const JobMaterial& material) {
  Json mounts =
      Json::array({{{"name", "file-list"}, {"readOnly", true}, {"mountPath", kFilesFolder}},
                   {{"name", "job-config"}, {"readOnly", true}, {"mountPath", kJobFolder}}});
  if (!material.values.volume_mounts.empty()) {
    for (const Json& mount : Parsed(material.values.volume_mounts)) mounts.push_back(mount);
  }
  return mounts;
}

Json ContainerOf(const JobMaterial& material) {
  const Values& values = material.values;
  Json container = {
      {"name", kWorkerContainer},
      {"image", values.image},
      {"envFrom",
       Json::array({{{"secretRef",
                      {{"name", values.existing_secret.empty() ? CredentialsNameOf(material.job_id)
                                                               : values.existing_secret}}}}})},
      {"env", VariablesOf(material)},
      {"resources",
       {{"limits", {{"cpu", "1"}, {"memory", "2Gi"}}},
        {"requests", {{"cpu", "310m"}, {"memory", "1Gi"}}}}},
      {"volumeMounts", MountsOf(material)},
      {"securityContext",
       {{"allowPrivilegeEscalation", false},
        {"readOnlyRootFilesystem", true},
        {"capabilities", {{"drop", Json::array({"ALL"})}}}}}};
  PassJson(container, "resources", values.resources);
  return container;
}

Json PodOf(const JobMaterial& material) {
  const Values& values = material.values;
  Json pod = {
      {"restartPolicy", material.rules == JobRules::kPerShard ? "Never" : "OnFailure"},
      {"automountServiceAccountToken", false},
      {"securityContext",
       {{"runAsNonRoot", true}, {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
      {"topologySpreadConstraints",
       Json::array({{{"maxSkew", 1},
                     {"topologyKey", "kubernetes.io/hostname"},
                     {"whenUnsatisfiable", "ScheduleAnyway"},
                     {"labelSelector", {{"matchLabels", {{"job-id", material.job_id}}}}}}})}};
  PassText(pod, "serviceAccountName", values.service_account);
  PassText(pod, "priorityClassName", values.priority_class);
  PassJson(pod, "nodeSelector", values.node_selector);
  PassJson(pod, "tolerations", values.tolerations);
  PassJson(pod, "imagePullSecrets", values.image_pull_secrets);
  pod["containers"] = Json::array({ContainerOf(material)});
  pod["volumes"] = VolumesOf(material);
  return pod;
}

// Of exits: 2 is final for its shard; 3 and 4 are no failure, nor is what the cluster did itself.
Json FailurePolicy() {
  const auto on_exits = [](const char* action, std::vector<int> exits) {
    return Json{{"action", action},
                {"onExitCodes",
                 {{"containerName", kWorkerContainer}, {"operator", "In"}, {"values", exits}}}};
  };
  return {{"rules", Json::array({{{"action", "Ignore"},
                                  {"onPodConditions", Json::array({{{"type", "DisruptionTarget"},
                                                                    {"status", "True"}}})}},
                                 on_exits("FailIndex", {kFailedFiles}),
                                 on_exits("Ignore", {kFenced, kStopped})})}};
}

Json SpecOf(const JobMaterial& material, Start start) {
  Json spec = {{"suspend", start == Start::kSuspended},
               {"parallelism", start == Start::kSuspended ? 1 : ParallelismOf(material)},
               {"completions", material.shards},
               {"completionMode", "Indexed"},
               {"ttlSecondsAfterFinished", kDay}};
  if (material.rules == JobRules::kOld) {
    spec["backoffLimit"] = kRestartsOfAll * material.shards;
  } else {
    spec["backoffLimitPerIndex"] = kRestartsOfAShard;
    // A shard that has ended with failed files is no reason to stop the others.
    spec["maxFailedIndexes"] = material.shards;
    spec["podReplacementPolicy"] = "Failed";
    spec["podFailurePolicy"] = FailurePolicy();
  }
  Json metadata = {{"labels", LabelsOf(material)}};
  PassJson(metadata, "annotations", material.values.annotations);
  spec["template"] = {{"metadata", std::move(metadata)}, {"spec", PodOf(material)}};
  return spec;
}

bool IsEmpty(const Json& value) {
  return value.is_null() || value == false || value == 0 || value == "" ||
         (value.is_structured() && value.empty());
}

void FindDropped(const Json& sent, const Json& answered, const std::string& place,
                 std::vector<std::string>& dropped) {
  if (sent.is_object() && answered.is_object()) {
    for (const auto& [key, value] : sent.items()) {
      const std::string below = place.empty() ? key : place + "." + key;
      if (answered.contains(key)) {
        FindDropped(value, answered[key], below, dropped);
      } else if (!IsEmpty(value)) {
        dropped.push_back(below);
      }
    }
  } else if (sent.is_array() && answered.is_array()) {
    for (std::size_t i = 0; i < std::min(sent.size(), answered.size()); ++i) {
      FindDropped(sent[i], answered[i], fmt::format("{}[{}]", place, i), dropped);
    }
  }
}

}  // namespace

int ParallelismOf(const JobMaterial& material) {
  const int wanted = material.values.parallelism;
  return wanted > 0 ? std::min(wanted, material.shards) : material.shards;
}

std::string JobText(const JobMaterial& material, Start start) {
  Json labels = LabelsOf(material);
  if (start == Start::kAtOnce) {
    PassText(labels, kQueueLabel.data(), material.values.queue);
  }
  Json metadata = {{"name", JobNameOf(material.job_id)}, {"labels", std::move(labels)}};
  PassJson(metadata, "annotations", material.values.annotations);
  return Dumped({{"apiVersion", "batch/v1"},
                 {"kind", "Job"},
                 {"metadata", std::move(metadata)},
                 {"spec", SpecOf(material, start)}});
}

std::string FilesText(const JobMaterial& material, std::string_view job_uid) {
  Json map = ObjectOf("ConfigMap",
                      MetadataOf(material, FilesNameOf(material.job_id), "file-list", job_uid));
  map["data"] = {{"total_files", std::to_string(material.total_files)},
                 {"worker_count", std::to_string(material.shards)}};
  map["binaryData"] = {{"files.json", Base64Of(material.files)}};
  return Dumped(map);
}

std::string ConfigText(const JobMaterial& material, std::string_view job_uid) {
  Json map = ObjectOf("ConfigMap",
                      MetadataOf(material, ConfigNameOf(material.job_id), "job-config", job_uid));
  map["data"] = {{"config.json", material.config}};
  PassText(map["data"], kAuthoritiesFile, material.environment.authorities);
  return Dumped(map);
}

std::string CredentialsText(const JobMaterial& material, std::string_view job_uid) {
  Json secret = ObjectOf(
      "Secret", MetadataOf(material, CredentialsNameOf(material.job_id), "credentials", job_uid));
  secret["type"] = "Opaque";
  secret["data"] = Json::object();
  for (const auto& [name, value] : material.environment.variables) {
    secret["data"][name] = Base64Of(value);
  }
  return Dumped(secret);
}

std::vector<std::string> DroppedFields(std::string_view sent, std::string_view answered) {
  std::vector<std::string> dropped;
  FindDropped(Parsed(sent), Parsed(answered), {}, dropped);
  return dropped;
}

bool IsOldServer(const std::vector<std::string>& dropped) {
  return std::ranges::all_of(dropped, [](const std::string& field) {
    return std::ranges::find(kNewFields, field) != std::end(kNewFields);
  });
}

std::vector<std::string> MountedFolders(const Values& values) {
  std::vector<std::string> folders;
  if (values.volume_mounts.empty()) return folders;
  for (const Json& mount : Parsed(values.volume_mounts)) {
    const auto path = mount.find("mountPath");
    if (path != mount.end() && path->is_string()) folders.push_back(*path);
  }
  return folders;
}

}  // namespace reprocess
