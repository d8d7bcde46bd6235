#include "kube/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/cluster_for_tests.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kJob[] = R"({"metadata":{"name":"r-1","uid":"u-1","resourceVersion":"7"}})";

class KubeObjectsTest : public testing::Test {
 protected:
  KubeApi ApiOf(const ScriptedCluster& cluster) { return {cluster.access(), WorldOf(clock_)}; }

  HandClock clock_;
};

std::string PageOf(const std::string& name, const std::string& more) {
  return R"({"metadata":{"resourceVersion":"9","continue":")" + more +
         R"("},"items":[{"metadata":{"name":")" + name + R"("}}]})";
}

TEST_F(KubeObjectsTest, AreListedPageByPage) {
  ScriptedCluster cluster({Ok(PageOf("a", "n/2")), Ok(PageOf("b", ""))});
  KubeApi api = ApiOf(cluster);
  const auto list = ListObjects(api, kJobs, {.labels = "app=x,job-id"}, {});
  ASSERT_TRUE(list) << list.error().ToString();
  EXPECT_EQ(list->resource_version, "9");
  ASSERT_EQ(list->objects.size(), 2u);
  EXPECT_EQ(list->objects[0].name + list->objects[1].name, "ab");
  EXPECT_THAT(cluster.requests().at(0),
              StartsWith("GET /apis/batch/v1/namespaces/team/jobs?"
                         "labelSelector=app%3Dx%2Cjob-id&limit=200 HTTP"));
  EXPECT_THAT(cluster.requests().at(1), HasSubstr("limit=200&continue=n%2F2 HTTP"));
}

TEST_F(KubeObjectsTest, AreListedInOneWhereTheMomentOfTheFirstPageHasExpired) {
  ScriptedCluster cluster(
      {Ok(PageOf("a", "n")), Refused("410 Gone", "expired"), Ok(PageOf("c", ""))});
  KubeApi api = ApiOf(cluster);
  const auto list = ListObjects(api, kJobs, {}, {});
  ASSERT_TRUE(list) << list.error().ToString();
  ASSERT_EQ(list->objects.size(), 1u);
  EXPECT_EQ(list->objects[0].name, "c");
  EXPECT_THAT(cluster.requests().at(2), StartsWith("GET /apis/batch/v1/namespaces/team/jobs HTTP"));
}

TEST_F(KubeObjectsTest, AreCreatedAndTheServersWarningsHandedBack) {
  ScriptedCluster cluster(
      {Answered(
           "201 Created", kJob,
           "Warning: 299 - \"would violate \\\"restricted\\\"\"\r\nWarning: 299 - \"two\"\r\n"),
       Answered("201 Created", kJob)});
  KubeApi api = ApiOf(cluster);
  const auto dry = CreateObject(api, kJobs, "{}", WriteMode::kDryRun, {});
  ASSERT_TRUE(dry) << dry.error().ToString();
  EXPECT_EQ(dry->object.uid, "u-1");
  EXPECT_THAT(dry->warnings, ElementsAre("would violate \"restricted\"", "two"));
  ASSERT_TRUE(CreateObject(api, kJobs, "{}", WriteMode::kWrite, {}));
  EXPECT_THAT(cluster.requests().at(0), StartsWith("POST /apis/batch/v1/namespaces/team/jobs?"
                                                   "dryRun=All&fieldValidation=Strict HTTP"));
  EXPECT_THAT(cluster.requests().at(1), Not(HasSubstr("dryRun")));
}

TEST_F(KubeObjectsTest, ArePatchedAndDeletedUnderTheirUidAlone) {
  ScriptedCluster cluster({Ok(kJob), Ok("{}"), Ok("{}"), Refused("409 Conflict", "uid")});
  KubeApi api = ApiOf(cluster);
  ASSERT_TRUE(PatchObject(api, kJobs, "r-1", "u-1", R"({"spec":{"suspend":false}})",
                          WriteMode::kWrite, {}));
  ASSERT_TRUE(DeleteObject(api, kJobs, "r-1", "u-1", {}));
  ASSERT_TRUE(DeleteObject(api, kConfigMaps, "r-1-files", "", {}));
  EXPECT_EQ(DeleteObject(api, kJobs, "r-1", "u-2", {}).error().code, Code::kConflict);
  const auto requests = cluster.requests();
  EXPECT_THAT(requests.at(0), StartsWith("PATCH /apis/batch/v1/namespaces/team/jobs/r-1 HTTP"));
  EXPECT_THAT(requests.at(0), HasSubstr("Content-Type: application/merge-patch+json\r\n"));
  EXPECT_THAT(requests.at(0), EndsWith(R"({"metadata":{"uid":"u-1"},"spec":{"suspend":false}})"));
  EXPECT_THAT(requests.at(1), StartsWith("DELETE "));
  EXPECT_THAT(requests.at(1), HasSubstr(R"("preconditions":{"uid":"u-1"})"));
  EXPECT_THAT(requests.at(1), HasSubstr(R"("propagationPolicy":"Foreground")"));
  EXPECT_THAT(requests.at(2), Not(HasSubstr("preconditions")));
}

// As kube-apiserver 1.34 answers it.
TEST_F(KubeObjectsTest, APatchOfAnotherObjectOfThatNameIsAConflict) {
  const ScriptedCluster cluster({Answered(
      "422 Unprocessable Entity",
      R"({"kind":"Status","message":"Job.batch \"r-1\" is invalid: …","reason":"Invalid","details":{
          "causes":[{"reason":"FieldValueInvalid","message":"field is immutable","field":"metadata.uid"},
                    {"reason":"FieldValueInvalid","message":"field is immutable","field":"spec.selector"}]}})")});
  KubeApi api = ApiOf(cluster);
  const auto patched = PatchObject(api, kJobs, "r-1", "u-2", "{}", WriteMode::kWrite, {});
  ASSERT_FALSE(patched);
  EXPECT_EQ(patched.error().code, Code::kConflict);
}

TEST_F(KubeObjectsTest, APageOfAProxyIsNoAnswer) {
  for (const std::string body : {"<html>", "{}", "[]", "{\"items\":3}"}) {
    const ScriptedCluster cluster({Ok(body), Ok(body)});
    KubeApi api = ApiOf(cluster);
    const auto object = GetObject(api, kJobs, "r-1", {});
    const auto list = ListObjects(api, kJobs, {}, {});
    ASSERT_FALSE(object || list) << body;
    EXPECT_EQ(object.error().remedy, Remedy::kWait);
    EXPECT_EQ(list.error().remedy, Remedy::kWait);
  }
  const ScriptedCluster cluster({});
  KubeApi api = ApiOf(cluster);
  for (const std::string patch : {"x", "[]", R"({"metadata":1})"}) {
    EXPECT_EQ(PatchObject(api, kJobs, "a", "u", patch, WriteMode::kWrite, {}).error().code,
              Code::kInvalid);
  }
}

}  // namespace
}  // namespace reprocess
