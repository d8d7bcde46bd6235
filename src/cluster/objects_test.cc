#include "cluster/objects.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "cluster/names.h"
#include "config/worker_config.h"
#include "kube/base64.h"
#include "plan/list_text.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::ordered_json;

JobMaterial Material() {
  return {.job_id = "j1",
          .shards = 3,
          .values = {.image = "registry/reprocess:1"},
          .files = "gz",
          .total_files = 5,
          .config = R"({"limit":7})",
          .environment = {.variables = {{"DATABASE_URL", "postgresql://db"}, {"KAFKA_SSL", ""}},
                          .authorities = {},
                          .warnings = {}}};
}

// On lines of their own, so that a difference is one of lines.
std::string Pretty(const std::string& json) {
  return Json::parse(json).dump(1);
}

TEST(Objects, TheJobIsWhatToolsKnowAndEndsShardByShard) {
  EXPECT_EQ(Pretty(JobText(Material(), Start::kSuspended)), Pretty(R"({
 "apiVersion":"batch/v1","kind":"Job",
 "metadata":{"name":"reprocess-j1","labels":{"app":"bulker-reprocessing","job-id":"j1"}},
 "spec":{"suspend":true,"parallelism":1,"completions":3,"completionMode":"Indexed",
  "ttlSecondsAfterFinished":86400,
  "backoffLimitPerIndex":3,"maxFailedIndexes":3,"podReplacementPolicy":"Failed",
  "podFailurePolicy":{"rules":[
   {"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget","status":"True"}]},
   {"action":"FailIndex","onExitCodes":{"containerName":"worker","operator":"In","values":[2]}},
   {"action":"Ignore","onExitCodes":{"containerName":"worker","operator":"In","values":[3,4]}}]},
  "template":{"metadata":{"labels":{"app":"bulker-reprocessing","job-id":"j1"}},
   "spec":{"restartPolicy":"Never","automountServiceAccountToken":false,
    "securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
    "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"kubernetes.io/hostname",
     "whenUnsatisfiable":"ScheduleAnyway","labelSelector":{"matchLabels":{"job-id":"j1"}}}],
    "containers":[{"name":"worker","image":"registry/reprocess:1",
     "envFrom":[{"secretRef":{"name":"reprocess-j1-credentials"}}],
     "env":[{"name":"JOB_ID","value":"j1"},
      {"name":"WORKER_INDEX","valueFrom":{"fieldRef":{"fieldPath":
       "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}},
      {"name":"TOTAL_WORKERS","value":"3"},
      {"name":"REPROCESS_FAILED_FILES_EXIT","value":"2"}],
     "resources":{"limits":{"cpu":"1","memory":"2Gi"},"requests":{"cpu":"310m","memory":"1Gi"}},
     "volumeMounts":[{"name":"file-list","readOnly":true,"mountPath":"/config/files"},
      {"name":"job-config","readOnly":true,"mountPath":"/config/job"}],
     "securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,
      "capabilities":{"drop":["ALL"]}}}],
    "volumes":[{"name":"file-list","configMap":{"name":"reprocess-j1-files"}},
     {"name":"job-config","configMap":{"name":"reprocess-j1-config"}}]}}}})"));
}

TEST(Objects, OnAnOldServerItIsTheAdminServicesJob) {
  JobMaterial material = Material();
  material.rules = JobRules::kOld;
  const Json job = Json::parse(JobText(material, Start::kSuspended));
  EXPECT_EQ(job["spec"]["backoffLimit"], 18);
  EXPECT_EQ(job["spec"]["template"]["spec"]["restartPolicy"], "OnFailure");
  for (const char* newer :
       {"backoffLimitPerIndex", "maxFailedIndexes", "podReplacementPolicy", "podFailurePolicy"}) {
    EXPECT_FALSE(job["spec"].contains(newer)) << newer;
  }
  EXPECT_THAT(job.dump(), Not(HasSubstr("REPROCESS_FAILED_FILES_EXIT")));
}

TEST(Objects, ValuesArePassedThrough) {
  JobMaterial material = Material();
  material.values = *ReadValues(R"({"image":"i","serviceAccount":"sa","priorityClassName":"low",
    "nodeSelector":{"disk":"ssd"},"tolerations":[{"key":"k","operator":"Exists"}],
    "imagePullSecrets":[{"name":"regcred"}],"labels":{"team":"data"},"annotations":{"note":"n"},
    "env":[{"name":"A","value":"b"}],"resources":{"limits":{"cpu":"2"}},
    "volumes":[{"name":"v","emptyDir":{}}],"volumeMounts":[{"name":"v","mountPath":"/tls"}],
    "existingSecret":"mine","queue":"batch","parallelism":2})",
                                "values");
  const Json job = Json::parse(JobText(material, Start::kAtOnce));
  const Json& pod = job["spec"]["template"]["spec"];
  const Json& worker = pod["containers"][0];
  EXPECT_EQ(job["spec"]["suspend"], false);
  EXPECT_EQ(job["spec"]["parallelism"], 2);
  EXPECT_EQ(job["metadata"]["labels"]["team"], "data");
  EXPECT_EQ(job["metadata"]["labels"][std::string(kQueueLabel)], "batch");
  EXPECT_EQ(job["metadata"]["annotations"]["note"], "n");
  EXPECT_EQ(job["spec"]["template"]["metadata"]["labels"]["team"], "data");
  EXPECT_EQ(pod["serviceAccountName"], "sa");
  EXPECT_EQ(pod["priorityClassName"], "low");
  EXPECT_EQ(pod["nodeSelector"]["disk"], "ssd");
  EXPECT_EQ(pod["tolerations"][0]["key"], "k");
  EXPECT_EQ(pod["imagePullSecrets"][0]["name"], "regcred");
  EXPECT_EQ(worker["env"].back()["name"], "A");
  EXPECT_EQ(worker["resources"].dump(), R"({"limits":{"cpu":"2"}})");
  EXPECT_EQ(worker["envFrom"][0]["secretRef"]["name"], "mine");
  EXPECT_EQ(pod["volumes"].size(), 3u);
  EXPECT_EQ(worker["volumeMounts"].size(), 3u);
  EXPECT_THAT(MountedFolders(material.values), ElementsAre("/tls"));
  EXPECT_FALSE(Json::parse(JobText(material, Start::kSuspended))["metadata"]["labels"].contains(
      std::string(kQueueLabel)))
      << "it is what lets the Job go";
}

TEST(Objects, WhatTheJobOwnsGoesWithIt) {
  JobMaterial material = Material();
  EXPECT_EQ(Pretty(FilesText(material, "u1")), Pretty(R"({
 "apiVersion":"v1","kind":"ConfigMap",
 "metadata":{"name":"reprocess-j1-files",
  "labels":{"app":"bulker-reprocessing","type":"file-list","job-id":"j1"},
  "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"reprocess-j1","uid":"u1"}]},
 "immutable":true,"data":{"total_files":"5","worker_count":"3"},
 "binaryData":{"files.json":"Z3o="}})"));
  EXPECT_EQ(Pretty(CredentialsText(material, "u1")), Pretty(R"({
 "apiVersion":"v1","kind":"Secret",
 "metadata":{"name":"reprocess-j1-credentials",
  "labels":{"app":"bulker-reprocessing","type":"credentials","job-id":"j1"},
  "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"reprocess-j1","uid":"u1"}]},
 "immutable":true,"type":"Opaque",
 "data":{"DATABASE_URL":"cG9zdGdyZXNxbDovL2Ri","KAFKA_SSL":""}})"));
  material.environment.authorities = "PEM";
  const Json config = Json::parse(ConfigText(material, {}));
  EXPECT_EQ(config["data"].dump(), R"({"config.json":"{\"limit\":7}","aws-ca.pem":"PEM"})");
  EXPECT_FALSE(config["metadata"].contains("ownerReferences"));
}

TEST(Objects, WorkersReadTheListAndTheConfigurationOfThePlan) {
  Plan plan{.job_id = "j1",
            .config = R"({"limit":7,"stream_ids":["s"],"made_by":"reprocess",
                          "destination":{"kind":"none"},"retry_of":"j0"})",
            .total_workers = 2,
            .files = {}};
  plan.files.push_back(
      {{.path = "s3://b/a.ndjson", .size = 100, .offset = 10, .length = 20, .etag = "e"}, {}});
  plan.files.push_back({{.path = "/in/ž.gz",
                         .size = 5,
                         .ranges = std::vector<ByteRange>{{0, 3}, {7, 1}},
                         .key_path = "/old"},
                        {},
                        "2026-05-01T00:00:00Z"});
  std::vector<std::string> warnings;
  const auto items = ParseFileList(*ListTextOf(plan), "files.json", warnings);
  ASSERT_TRUE(items) << items.error().ToString();
  ASSERT_EQ(items->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    FileItem planned = plan.files[i].item;
    planned.list_position = (*items)[i].list_position;
    EXPECT_EQ((*items)[i], planned) << i;
  }
  const auto config = ParseJobConfig(WorkersConfig(plan.config), "config.json", warnings);
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_EQ(config->limit, 7u);
  EXPECT_TRUE(config->dry_run);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(Objects, FieldsThatAServerDropsAreFound) {
  const std::string sent = JobText(Material(), Start::kSuspended);
  Json answered = Json::parse(sent);
  answered["spec"]["manualSelector"] = false;  // more is no less
  EXPECT_THAT(DroppedFields(sent, answered.dump()), IsEmpty());
  answered["spec"].erase("podFailurePolicy");
  answered["spec"].erase("backoffLimitPerIndex");
  EXPECT_THAT(DroppedFields(sent, answered.dump()),
              ElementsAre("spec.backoffLimitPerIndex", "spec.podFailurePolicy"));
  EXPECT_TRUE(IsOldServer(DroppedFields(sent, answered.dump())));
  answered["spec"]["template"]["spec"]["containers"][0].erase("securityContext");
  EXPECT_FALSE(IsOldServer(DroppedFields(sent, answered.dump())));
}

TEST(Names, AJobWhosePodsWouldHaveNoHostNameIsRefused) {
  EXPECT_TRUE(CheckJobName("20260501-142233-9f3a1c", 100));
  EXPECT_TRUE(CheckJobName(std::string(50, 'a'), 100));
  for (const std::string& id : {std::string("A"), std::string("a_b"), std::string("a.b"),
                                std::string("ž"), std::string(51, 'a')}) {
    const auto checked = CheckJobName(id, 100);
    ASSERT_FALSE(checked) << id;
    EXPECT_THAT(checked.error().hint, HasSubstr("at most 50"));
  }
}

TEST(Names, AClusterIsItsAddressAndItsAuthority) {
  const ClusterAccess one{.server = "https://a:6443", .authorities = {.text = "PEM"}};
  ClusterAccess other = one;
  other.name_space = "another";
  EXPECT_EQ(*ClusterIdOf(one), *ClusterIdOf(other));
  other.server = "https://b:6443";
  EXPECT_NE(*ClusterIdOf(one), *ClusterIdOf(other));
  other = one;
  other.authorities.text = "another";
  EXPECT_NE(*ClusterIdOf(one), *ClusterIdOf(other));
  other.authorities = {.text = "", .path = "/no/such/file"};
  EXPECT_FALSE(ClusterIdOf(other));
}

}  // namespace
}  // namespace reprocess
