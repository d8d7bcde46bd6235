#include "cluster/resume.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cluster/cluster_for_tests.h"
#include "store/database.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Resuming : public testing::Test {
 protected:
  Resuming() : api_(cluster_.access(), WorldOf(clock_)) {
    std::string name = (fs::temp_directory_path() / "resume_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    database_ = *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
    queries_ = database_->NewQueries();
    submissions_ = database_->NewSubmissions();
    store_ = database_->NewClusterStore();
    lease_ = **store_->TakeLease("c/team", "us", Milliseconds(60'000));
    StoreAndSubmit();
  }
  ~Resuming() override { fs::remove_all(directory_); }

  void StoreAndSubmit() {
    Plan plan{.job_id = "j1",
              .config = R"({"destination":{"kind":"kafka","brokers":"b:1","topic":"t"}})",
              .total_workers = 3,
              .files = {},
              .begun = Begun::kNot};
    for (int i = 0; i < 3; ++i) plan.files.push_back({{.path = fmt::format("/in/{}", i)}, {}});
    ASSERT_TRUE(queries_->StorePlan(plan));
    auto material = MaterialOf(plan, {.image = "i"}, environment_, *database_->NewPlanLists());
    ASSERT_TRUE(material) << material.error().ToString();
    const auto submitted = Submit({.material = *std::move(material),
                                   .plan_hash = "h",
                                   .submitted_by = "ann",
                                   .reason = "outage"},
                                  World(), {});
    ASSERT_TRUE(submitted) << submitted.error().ToString();
  }
  SubmitWorld World() { return {api_, *submissions_, "c"}; }
  // As its Job's conditions have it.
  void SayEnded(const std::string& type) {
    cluster_.Merge(
        "jobs", "reprocess-j1",
        nlohmann::json::parse(fmt::format(
            R"({{"status":{{"conditions":[{{"type":"{}","status":"True"}}]}}}})", type)));
  }
  void End(const std::optional<std::string>& failure) {
    SayEnded(failure ? "Failed" : "Complete");
    ASSERT_TRUE(store_->EndJob(
        lease_, {.job_id = "j1", .submission = Row().generation, .failure = failure}));
    ASSERT_TRUE(store_->StorePhase(
        lease_, {.job_id = "j1", .submission = Row().generation, .ended = true}));
  }
  Submission Row() { return **submissions_->Find("j1"); }
  Result<void> Again() { return Again(Row()); }
  Result<void> Again(const Submission& read) {
    return Resume({read, "bob", "again"}, environment_, *queries_, *database_->NewPlanLists(),
                  World(), {});
  }
  nlohmann::json Spec() { return cluster_.Find("jobs", "reprocess-j1")->at("spec"); }
  std::string Uid() {
    return TextAt(cluster_.Find("jobs", "reprocess-j1").value_or(nlohmann::json()),
                  {"metadata", "uid"});
  }

  const Environment environment_ = [](const std::string& name) -> std::optional<std::string> {
    if (name == "DATABASE_URL") return "postgresql://db";
    return std::nullopt;
  };
  fs::path directory_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<Submissions> submissions_;
  std::unique_ptr<ClusterStore> store_;
  Lease lease_;
  FakeCluster cluster_;
  HastyClock clock_;
  KubeApi api_;
};

TEST_F(Resuming, OfAJobThatEndedMakesTheSameObjectsAgainAtFullWidth) {
  const std::string before = Uid();
  End("why");
  const auto again = Again();
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_NE(Uid(), before);
  EXPECT_EQ(Row().job_uid, Uid());
  EXPECT_EQ(Row().ended_at, "");
  EXPECT_EQ(Row().submitted_by, "bob");
  EXPECT_EQ(Row().options, R"({"image":"i"})");
  EXPECT_EQ(queries_->Job("j1")->status, "running");
  EXPECT_EQ(Spec().at("parallelism"), 3);
  EXPECT_EQ(Spec().at("suspend"), false);
}

TEST_F(Resuming, OfTwoAtOnceTheSecondTakesNothingFromTheFirst) {
  End("why");
  const Submission both_read = Row();
  ASSERT_TRUE(Again(both_read));
  const std::string first = Uid();
  const auto second = Again(both_read);
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_EQ(Uid(), first);
  EXPECT_EQ(Row().job_uid, first);
  EXPECT_THAT(cluster_.Names("configmaps"),
              ElementsAre("reprocess-j1-config", "reprocess-j1-files"));
  EXPECT_THAT(cluster_.Names("secrets"), ElementsAre("reprocess-j1-credentials"));
}

TEST_F(Resuming, AJobThatWasGivenUpRunsAgainWhereNobodyHasKeptIt) {
  const std::string before = Uid();
  cluster_.Merge("jobs", "reprocess-j1", {{"spec", {{"suspend", true}}}});
  ASSERT_TRUE(submissions_->MarkFailed("j1", Row().generation, "no such topic"));
  const auto again = Again();
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(queries_->Job("j1")->status, "running");
  EXPECT_FALSE(Row().suspended);
  EXPECT_NE(Uid(), before);
  EXPECT_EQ(Row().job_uid, Uid());
  EXPECT_EQ(Spec().at("suspend"), false);
}

TEST_F(Resuming, AJobThatSomebodyElseSuspendedKeepsItsJobAndRuns) {
  const std::string before = Uid();
  cluster_.Merge("jobs", "reprocess-j1", {{"spec", {{"suspend", true}}}});
  const auto again = Again();
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(Uid(), before);
  EXPECT_EQ(Spec().at("suspend"), false);
}

TEST_F(Resuming, OneThatWasCutOffIsFinishedByTheNext) {
  End("why");
  cluster_.Intercept([](const std::string& method, const std::string& target) {
    return method == "POST" && target == "secrets"
               ? std::optional<Reply>(Answered("500 Internal Server Error", ""))
               : std::nullopt;
  });
  ASSERT_FALSE(Again());
  cluster_.Intercept({});
  EXPECT_EQ(queries_->Job("j1")->status, "pending");
  const auto again = Again();
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(queries_->Job("j1")->status, "running");
  EXPECT_EQ(Spec().at("suspend"), false);
}

TEST_F(Resuming, WhatHasEndedAndIsNotSettledYetIsNotSaidToGoOn) {
  SayEnded("Failed");
  const auto again = Again();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, HasSubstr("has ended"));
}

TEST_F(Resuming, OfAJobThatExpiredMakesThemToo) {
  End("why");
  cluster_.Remove("jobs", "reprocess-j1");
  const auto again = Again();
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_THAT(cluster_.Names("jobs"), ElementsAre("reprocess-j1"));
  EXPECT_THAT(cluster_.Names("secrets"), ElementsAre("reprocess-j1-credentials"));
}

TEST_F(Resuming, ACompletedJobIsNotResumed) {
  End(std::nullopt);
  const auto again = Again();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_THAT(again.error().hint, HasSubstr("reprocess retry"));
}

TEST_F(Resuming, CancelledIsFinal) {
  ASSERT_TRUE(submissions_->Cancel("j1"));
  const std::string before = Uid();
  const auto again = Again();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, HasSubstr("final"));
  EXPECT_EQ(Uid(), before);
}

}  // namespace
}  // namespace reprocess
