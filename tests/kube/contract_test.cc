// The client against a real control plane (tests/servers/with_kubernetes.sh).
#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/logs.h"
#include "kube/objects.h"
#include "kube/watch.h"

namespace reprocess {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

ClusterAccess AccessOf(const char* user) {
  const char* const path = std::getenv(user);
  EXPECT_NE(path, nullptr) << "run it by with_kubernetes.sh";
  const auto access = FindCluster([&](const std::string& name) -> std::optional<std::string> {
    if (name != "KUBERNETES_CLIENT_CONFIG") return std::nullopt;
    return path;
  });
  EXPECT_TRUE(access) << access.error().ToString();
  ClusterAccess found = *access;
  found.proxy = "";
  return found;
}

KubeWorld World() {
  return {SystemClock(), [] { return 0.5; }};
}

json JobNamed(const std::string& name) {
  return json::parse(R"({"metadata":{"name":")" + name + R"(","labels":{"app":"test"}},
    "spec":{"suspend":true,"completions":2,"completionMode":"Indexed","template":{"spec":{
      "restartPolicy":"Never","containers":[{"name":"worker","image":"none"}]}}}})");
}

class KubeContract : public testing::Test {
 protected:
  // Each test's own.
  const std::string name_ =
      fmt::format("job-{}", testing::UnitTest::GetInstance()->current_test_info()->line());
  KubeApi submitter_{AccessOf("TEST_KUBE_SUBMITTER"), World()};
  KubeApi admin_{AccessOf("TEST_KUBE_ADMIN"), World()};

  KubeObject MakeJob() {
    const auto made =
        CreateObject(submitter_, kJobs, JobNamed(name_).dump(), WriteMode::kWrite, {});
    EXPECT_TRUE(made) << made.error().ToString();
    return made ? made->object : KubeObject{};
  }
};

// Deletes a Job once it was listed, and hears until it is gone.
class Deleter final : public WatchListener {
 public:
  Deleter(KubeApi& api, KubeObject job) : api_(api), job_(std::move(job)) {}
  bool Listed(const KubeList& list) override {
    EXPECT_EQ(list.objects.size(), 1u);
    const auto deleted = DeleteObject(api_, kJobs, job_.name, job_.uid, {});
    EXPECT_TRUE(deleted) << deleted.error().ToString();
    return deleted.has_value();
  }
  bool Changed(WatchEvent::Kind kind, const KubeObject& object) override {
    EXPECT_EQ(object.uid, job_.uid);
    gone = kind == WatchEvent::Kind::kDeleted;
    return !gone;
  }
  void Away(const Error& error) override { ADD_FAILURE() << error.ToString(); }

  bool gone = false;

 private:
  KubeApi& api_;
  KubeObject job_;
};

// Hears until there is nothing left.
class Mourner final : public WatchListener {
 public:
  bool Listed(const KubeList& list) override { return !list.objects.empty(); }
  bool Changed(WatchEvent::Kind kind, const KubeObject&) override {
    return kind != WatchEvent::Kind::kDeleted;
  }
  void Away(const Error& error) override { ADD_FAILURE() << error.ToString(); }
};

TEST_F(KubeContract, AJobGoesWithWhatItOwnsAndAWatchHearsOfIt) {
  const KubeObject job = MakeJob();
  const json owner = {
      {"apiVersion", "batch/v1"}, {"kind", "Job"}, {"name", name_}, {"uid", job.uid}};
  const json files = {{"metadata", {{"name", name_}, {"ownerReferences", json::array({owner})}}},
                      {"immutable", true},
                      {"data", {{"files.json", "{}"}}}};
  const auto made = CreateObject(submitter_, kConfigMaps, files.dump(), WriteMode::kWrite, {});
  ASSERT_TRUE(made) << made.error().ToString();

  Deleter deleter(submitter_, job);
  const auto watched =
      WatchObjects(submitter_, kJobs, {.fields = "metadata.name=" + name_}, deleter, {});
  ASSERT_TRUE(watched) << watched.error().ToString();
  EXPECT_TRUE(deleter.gone);
  EXPECT_EQ(GetObject(submitter_, kJobs, name_, {}).error().code, Code::kNotFound);
  Mourner mourner;
  EXPECT_TRUE(WatchObjects(admin_, kConfigMaps, {.fields = "metadata.name=" + name_}, mourner, {}));
}

TEST_F(KubeContract, AnObjectIsPatchedAndDeletedUnderItsUidAlone) {
  const KubeObject job = MakeJob();
  const std::string other = "00000000-0000-0000-0000-000000000000";
  const std::string patch = R"({"spec":{"parallelism":2}})";
  const auto wrong = PatchObject(submitter_, kJobs, name_, other, patch, WriteMode::kWrite, {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kConflict) << wrong.error().ToString();
  const auto right = PatchObject(submitter_, kJobs, name_, job.uid, patch, WriteMode::kWrite, {});
  ASSERT_TRUE(right) << right.error().ToString();
  EXPECT_EQ(json::parse(right->object.json)["spec"]["parallelism"], 2);
  EXPECT_EQ(DeleteObject(submitter_, kJobs, name_, other, {}).error().code, Code::kConflict);
  EXPECT_TRUE(DeleteObject(submitter_, kJobs, name_, job.uid, {}));
}

TEST_F(KubeContract, TheSameNameAgainIsAConflict) {
  const KubeObject job = MakeJob();
  const auto again = CreateObject(submitter_, kJobs, JobNamed(name_).dump(), WriteMode::kWrite, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict) << again.error().ToString();
  EXPECT_TRUE(DeleteObject(submitter_, kJobs, name_, job.uid, {}));
}

TEST_F(KubeContract, ADryRunFindsATypoAndWarnsOfPodsThatAreNotRestricted) {
  const auto good = CreateObject(submitter_, kJobs, JobNamed(name_).dump(), WriteMode::kDryRun, {});
  ASSERT_TRUE(good) << good.error().ToString();
  EXPECT_THAT(good->warnings, Contains(HasSubstr("would violate PodSecurity")));
  EXPECT_EQ(GetObject(submitter_, kJobs, name_, {}).error().code, Code::kNotFound);
  json typo = JobNamed(name_);
  typo["spec"]["completionsMode"] = "Indexed";
  const auto bad = CreateObject(submitter_, kJobs, typo.dump(), WriteMode::kDryRun, {});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::kInvalid);
  EXPECT_THAT(bad.error().what, HasSubstr("completionsMode"));
}

TEST_F(KubeContract, AMissingRightIsNamedByItsRule) {
  const auto secret = GetObject(submitter_, kSecrets, "any", {});
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code, Code::kNotAuthorized);
  EXPECT_THAT(secret.error().hint,
              HasSubstr(R"({apiGroups: [""], resources: ["secrets"], verbs: ["get"]})"));
  const auto pod = DeleteObject(submitter_, kPods, "any", "", {});
  ASSERT_FALSE(pod);
  EXPECT_THAT(pod.error().hint, HasSubstr(R"(resources: ["pods"], verbs: ["delete"])"));
}

TEST_F(KubeContract, AnUnknownTokenIsRefused) {
  ClusterAccess access = AccessOf("TEST_KUBE_SUBMITTER");
  access.token = {.text = "unknown"};
  KubeApi stranger(access, World());
  const auto list = ListObjects(stranger, kJobs, {}, {});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, Code::kNotAuthorized);
}

TEST_F(KubeContract, AFollowedLogOfAPodThatIsNotThereEnds) {
  const LogTaker taker{.line = [](const LogLine&) { return true; },
                       .away = [](const Error& error) { ADD_FAILURE() << error.ToString(); }};
  const auto followed =
      FollowLog(submitter_, {.pod = "no-such-pod", .container = "worker"}, taker, {});
  EXPECT_TRUE(followed) << followed.error().ToString();
}

TEST_F(KubeContract, AFollowedLogOfAContainerThatThePodDoesNotHaveEnds) {
  const json pod = {
      {"metadata", {{"name", name_}}},
      {"spec", {{"containers", json::array({{{"name", "worker"}, {"image", "none"}}})}}}};
  const auto made = CreateObject(admin_, kPods, pod.dump(), WriteMode::kWrite, {});
  ASSERT_TRUE(made) << made.error().ToString();
  const LogTaker taker{.line = [](const LogLine&) { return true; }, .away = [](const Error&) {}};
  const auto followed = FollowLog(submitter_, {.pod = name_, .container = "main"}, taker, {});
  ASSERT_FALSE(followed);
  EXPECT_EQ(followed.error().code, Code::kInvalid) << followed.error().ToString();
  EXPECT_TRUE(DeleteObject(admin_, kPods, name_, made->object.uid, {}));
}

TEST_F(KubeContract, ManyObjectsAreListedPageByPage) {
  for (int i = 0; i < 201; ++i) {
    const json map = {{"metadata", {{"name", fmt::format("{}-{}", name_, i)}}}};
    ASSERT_TRUE(CreateObject(admin_, kConfigMaps, map.dump(), WriteMode::kWrite, {}));
  }
  const auto list = ListObjects(admin_, kConfigMaps, {}, {});
  ASSERT_TRUE(list) << list.error().ToString();
  EXPECT_GE(list->objects.size(), 201u);
}

}  // namespace
}  // namespace reprocess
