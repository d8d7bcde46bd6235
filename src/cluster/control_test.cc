#include "cluster/control.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/cluster_for_tests.h"
#include "store/database.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

class ControlTest : public testing::Test {
 protected:
  ControlTest() : api_(cluster_.access(), WorldOf(clock_)) {
    std::string name = (fs::temp_directory_path() / "control_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    database_ = *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
    submissions_ = database_->NewSubmissions();
    EXPECT_TRUE(database_->NewQueries()->StorePlan(
        {.job_id = "7", .config = "{}", .total_workers = 5, .files = {}, .begun = Begun::kNot}));
  }
  ~ControlTest() override { fs::remove_all(directory_); }

  Submission Submitted(int wanted, int now) {
    cluster_.Put(
        "jobs", "reprocess-7",
        {{"metadata", {{"uid", "job-uid"}}}, {"spec", {{"parallelism", now}, {"suspend", false}}}});
    auto begun = submissions_->Begin({.job_id = "7",
                                      .cluster = "c",
                                      .name_space = "team",
                                      .parallelism = wanted,
                                      .options = "{}"},
                                     Take::kUnended);
    EXPECT_TRUE(begun) << begun.error().ToString();
    EXPECT_TRUE(submissions_->Change("7", begun->generation, {.job_uid = "job-uid"}));
    begun->job_uid = "job-uid";
    return *begun;
  }
  Json Spec() { return cluster_.Find("jobs", "reprocess-7")->at("spec"); }
  Submission Row() { return **submissions_->Find("7"); }

  fs::path directory_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Submissions> submissions_;
  FakeCluster cluster_;
  HastyClock clock_;
  KubeApi api_;
};

TEST_F(ControlTest, ScalingChangesTheJobAndWhatIsWanted) {
  const Submission submission = Submitted(5, 5);
  ASSERT_TRUE(Scale(api_, *submissions_, submission, 2, {}));
  EXPECT_EQ(Spec().at("parallelism"), 2);
  EXPECT_EQ(Row().parallelism, 2);
}

TEST_F(ControlTest, AJobThatHasNotGrownYetGrowsToTheNewWidthInItsTime) {
  const Submission submission = Submitted(5, 1);
  ASSERT_TRUE(Scale(api_, *submissions_, submission, 3, {}));
  EXPECT_EQ(Spec().at("parallelism"), 1);
  EXPECT_EQ(Row().parallelism, 3);
}

TEST_F(ControlTest, WhoWasOvertakenChangesNothing) {
  const Submission submission = Submitted(5, 5);
  ASSERT_TRUE(submissions_->Cancel("7"));
  const auto scaled = Scale(api_, *submissions_, submission, 2, {});
  ASSERT_FALSE(scaled);
  EXPECT_EQ(scaled.error().remedy, Remedy::kFenced);
  EXPECT_EQ(Spec().at("parallelism"), 5);
}

TEST_F(ControlTest, AJobOfAnotherUidIsLeftAlone) {
  const Submission submission = Submitted(5, 5);
  cluster_.Remove("jobs", "reprocess-7");
  cluster_.Put("jobs", "reprocess-7",
               {{"metadata", {{"uid", "another"}}}, {"spec", Json::object()}});
  const auto scaled = Scale(api_, *submissions_, submission, 2, {});
  ASSERT_FALSE(scaled);
  EXPECT_EQ(scaled.error().code, Code::kConflict);
  EXPECT_THAT(cluster_.writes(), IsEmpty());
}

TEST_F(ControlTest, SuspendedIsAskedForInTheRowAndTakenBackInBoth) {
  const Submission submission = Submitted(5, 5);
  ASSERT_TRUE(AskToSuspend(*submissions_, submission, "anna"));
  EXPECT_TRUE(Row().suspended);
  EXPECT_THAT(Row().phase, HasSubstr("suspended by anna"));
  cluster_.Merge("jobs", "reprocess-7", {{"spec", {{"suspend", true}}}});
  ASSERT_TRUE(Unsuspend(api_, *submissions_, Row(), {}));
  EXPECT_FALSE(Row().suspended);
  EXPECT_EQ(Row().phase, "");
  EXPECT_EQ(Spec().at("suspend"), false);
}

TEST_F(ControlTest, WhereKueueDecidesOnlyTheRowIsChanged) {
  const Submission submission = Submitted(5, 5);
  cluster_.Merge("jobs", "reprocess-7",
                 {{"metadata", {{"labels", {{"kueue.x-k8s.io/queue-name", "replays"}}}}},
                  {"spec", {{"suspend", true}}}});
  ASSERT_TRUE(Unsuspend(api_, *submissions_, submission, {}));
  EXPECT_EQ(Spec().at("suspend"), true);
}

TEST_F(ControlTest, AJobOfTheAdminServiceIsTakenInWhereItsJobIs) {
  ASSERT_TRUE(Adopt(api_, *submissions_, "c", "7", {}));
  EXPECT_FALSE(*submissions_->Find("7"));
  cluster_.Put("jobs", "reprocess-7",
               {{"metadata", {{"uid", "job-uid"}}}, {"spec", {{"parallelism", 3}}}});
  ASSERT_TRUE(Adopt(api_, *submissions_, "c", "7", {}));
  EXPECT_EQ(Row().job_uid, "job-uid");
  EXPECT_EQ(Row().parallelism, 3);
}

}  // namespace
}  // namespace reprocess
