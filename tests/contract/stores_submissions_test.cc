// Jobs that are given to Kubernetes: whose turn it is, and who ends them.
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"
#include "store/submissions.h"

namespace reprocess {
namespace {

using namespace std::string_literals;

class SubmissionsContract : public StoresContract {
 protected:
  void SetUp() override {
    StoresContract::SetUp();
    Mark("job", "reprocess");
    SetStatus("pending");
    submissions_ = NewSubmissions();
  }
  std::unique_ptr<Submissions> NewSubmissions() const {
    return (*Database::Open(database_.url(), Database::Use::kWork))->NewSubmissions();
  }
  static Submission Wanted() {
    return {.job_id = "job",
            .cluster = "c1",
            .name_space = "team",
            .parallelism = 3,
            .plan_hash = "h",
            .options = R"({"image":"i"})",
            .submitted_by = "ann\xff",
            .reason = "outage of May"};
  }
  void Mark(const std::string& job_id, const std::string& made_by) {
    database_.Run("UPDATE reprocessing_jobs SET config = '{\"made_by\":\"" + made_by +
                  "\"}' WHERE id = '" + job_id + "'");
  }
  void SetStatus(const std::string& status) {
    database_.Run("UPDATE reprocessing_jobs SET status = '" + status + "'");
  }
  std::string Status() { return Text("SELECT status FROM reprocessing_jobs"); }

  std::unique_ptr<Submissions> submissions_;
};

INSTANTIATE_TEST_SUITE_P(Over, SubmissionsContract,
                         ::testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& over) {
                           return over.param == Backend::kSqlite ? "Sqlite"s : "Postgres"s;
                         });

TEST_P(SubmissionsContract, ASubmissionComesBackAsItWasStored) {
  EXPECT_FALSE(submissions_->Find("job")->has_value());
  const auto begun = submissions_->Begin(Wanted(), Take::kUnended);
  ASSERT_OK(begun);
  const Submission row = submissions_->Find("job")->value();
  EXPECT_EQ(row.generation, begun->generation);
  EXPECT_EQ(row.cluster, "c1");
  EXPECT_EQ(row.name_space, "team");
  EXPECT_EQ(row.parallelism, 3);
  EXPECT_EQ(row.plan_hash, "h");
  EXPECT_EQ(row.options, R"({"image":"i"})");
  EXPECT_EQ(row.submitted_by, "ann\xff");
  EXPECT_EQ(row.reason, "outage of May");
  EXPECT_EQ(row.job_uid, "");
  EXPECT_THAT(row.submitted_at, ::testing::MatchesRegex("20..-..-..T.*Z"));
  EXPECT_EQ(row.ended_at, "");
  EXPECT_EQ(Status(), "pending") << "as it was";
}

TEST_P(SubmissionsContract, OfTwoSubmittersTheFirstWritesNothingMore) {
  const Submission first = *submissions_->Begin(Wanted(), Take::kUnended);
  ASSERT_OK(submissions_->Change("job", first.generation, {.job_uid = "u1"}));
  const Submission second = *NewSubmissions()->Begin(Wanted(), Take::kUnended);
  EXPECT_GT(second.generation, first.generation);
  EXPECT_EQ(second.job_uid, "u1") << "what the first one made is known to the second";
  EXPECT_EQ(second.submitted_at, first.submitted_at);

  const auto late = submissions_->Change("job", first.generation, {.job_uid = "u2"});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().remedy, Remedy::kFenced);
  EXPECT_EQ(submissions_->MarkRunning("job", first.generation, "k").error().remedy,
            Remedy::kFenced);
  EXPECT_EQ(Text("SELECT k8s_job_name FROM reprocessing_jobs"), "") << "taken back";
  EXPECT_OK(submissions_->MarkRunning("job", second.generation, "k"));
  EXPECT_EQ(Text("SELECT k8s_job_name FROM reprocessing_jobs"), "k");
  EXPECT_EQ(Status(), "running");
  EXPECT_EQ(submissions_->Find("job")->value().job_uid, "u1");
}

TEST_P(SubmissionsContract, EachChangeLeavesTheOtherColumnsAsTheyAre) {
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  const auto change = [&](const SubmissionChange& what) {
    ASSERT_OK(submissions_->Change("job", begun.generation, what));
  };
  change({.phase = "waits for Kafka"});
  change({.parallelism = 7});
  change({.suspended = true});
  change({});
  Submission row = submissions_->Find("job")->value();
  EXPECT_EQ(row.phase, "waits for Kafka");
  EXPECT_EQ(row.parallelism, 7);
  EXPECT_TRUE(row.suspended);
  EXPECT_EQ(row.ended_at, "");
  change({.phase = "", .ended = true});
  row = submissions_->Find("job")->value();
  EXPECT_EQ(row.phase, "");
  EXPECT_NE(row.ended_at, "");
}

TEST_P(SubmissionsContract, AJobThatHasEndedIsNotSubmitted) {
  for (const char* status : {"completed", "failed", "cancelled"}) {
    SCOPED_TRACE(status);
    SetStatus(status);
    const auto begun = submissions_->Begin(Wanted(), Take::kUnended);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, Code::kConflict);
    EXPECT_THAT(begun.error().what, ::testing::HasSubstr(status));
    EXPECT_FALSE(submissions_->Find("job")->has_value());
  }
  EXPECT_EQ(
      submissions_
          ->Begin({.job_id = "no such job", .cluster = "c", .name_space = "n"}, Take::kUnended)
          .error()
          .code,
      Code::kNotFound);
}

TEST_P(SubmissionsContract, AJobThatCannotStartFailsAndStaysSuspended) {
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  EXPECT_EQ(submissions_->MarkFailed("job", begun.generation + 1, "x").error().remedy,
            Remedy::kFenced);
  ASSERT_OK(submissions_->MarkFailed("job", begun.generation, "no such topic"));
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(Text("SELECT error FROM reprocessing_jobs"), "no such topic");
  EXPECT_NE(Text("SELECT completed_at FROM reprocessing_jobs"), "(null)");
  EXPECT_TRUE(submissions_->Find("job")->value().suspended);
}

TEST_P(SubmissionsContract, AFailedJobMayBeTakenUpAgainACancelledOneMayNot) {
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  ASSERT_OK(submissions_->Change("job", begun.generation, {.job_uid = "u1"}));
  SetStatus("failed");
  database_.Run(
      "UPDATE reprocessing_jobs SET error = 'boom', completed_at = '2026-05-01 00:00:00Z'");
  const auto again = submissions_->Begin(Wanted(), Take::kFailed);
  ASSERT_OK(again);
  EXPECT_EQ(again->job_uid, "") << "its Job is over";
  EXPECT_EQ(Status(), "pending");
  EXPECT_EQ(Text("SELECT error FROM reprocessing_jobs"), "(null)");
  EXPECT_EQ(Text("SELECT completed_at FROM reprocessing_jobs"), "(null)");
  EXPECT_FALSE(*submissions_->IsCancelled("job"));
  SetStatus("cancelled");
  EXPECT_TRUE(*submissions_->IsCancelled("job"));
  EXPECT_EQ(submissions_->Begin(Wanted(), Take::kFailed).error().code, Code::kConflict);
}

TEST_P(SubmissionsContract, ASubmissionUnderWayMovesToNoOtherPlace) {
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  Submission elsewhere = Wanted();
  elsewhere.name_space = "other";
  const auto refused = submissions_->Begin(elsewhere, Take::kUnended);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_THAT(refused.error().what, ::testing::HasSubstr("team"));
  ASSERT_OK(submissions_->Change("job", begun.generation, {.ended = true}));
  const auto moved = submissions_->Begin(elsewhere, Take::kUnended);
  ASSERT_OK(moved);
  EXPECT_EQ(moved->name_space, "other");
  EXPECT_EQ(moved->ended_at, "");
}

TEST_P(SubmissionsContract, ACancelledJobIsLostToWhoeverSubmitsIt) {
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  const auto cancelled = submissions_->Cancel("job");
  ASSERT_OK(cancelled);
  EXPECT_GT((*cancelled)->generation, begun.generation);
  EXPECT_EQ(Status(), "cancelled");
  EXPECT_EQ(submissions_->MarkRunning("job", begun.generation, "k").error().remedy,
            Remedy::kFenced);
  EXPECT_EQ(submissions_->MarkRunning("job", (*cancelled)->generation, "k").error().remedy,
            Remedy::kFenced)
      << "nor does its own generation bring it back";
  EXPECT_EQ(Status(), "cancelled");
  EXPECT_OK(submissions_->Cancel("job"));
  SetStatus("completed");
  EXPECT_EQ(submissions_->Cancel("job").error().code, Code::kConflict);
}

TEST_P(SubmissionsContract, AJobThatWasNeverSubmittedIsCancelledToo) {
  const auto cancelled = submissions_->Cancel("job");
  ASSERT_OK(cancelled);
  EXPECT_FALSE(cancelled->has_value());
  EXPECT_EQ(Status(), "cancelled");
}

TEST_P(SubmissionsContract, ThoseThatHaveNotEndedAreListedByClusterAndNameSpace) {
  for (const char* id : {"b", "a", "c"}) {
    ASSERT_OK(books_->EnsureJob({.id = id, .status = "", .config = "{}"}));
    Mark(id, "reprocess");
    Submission wanted = Wanted();
    wanted.job_id = id;
    if (id == "c"s) wanted.name_space = "other";
    ASSERT_OK(submissions_->Begin(wanted, Take::kUnended));
  }
  const auto listed = [&](const std::string& cluster, const std::string& name_space) {
    const auto rows = submissions_->Unended(cluster, name_space);
    std::string ids;
    for (const Submission& row : *rows) ids += row.job_id;
    return ids;
  };
  EXPECT_EQ(listed("c1", "team"), "ab");
  EXPECT_EQ(listed("c1", ""), "abc");
  EXPECT_EQ(listed("c2", "team"), "");
  ASSERT_OK(submissions_->Change("a", 1, {.ended = true}));
  EXPECT_EQ(listed("c1", "team"), "b");
}

TEST_P(SubmissionsContract, WorkersNeitherEndNorReopenASubmittedJob) {
  WorkerRow done;
  done.status = WorkerStatus::kFailed;
  for (const int shard : {0, 1}) {
    ASSERT_OK(books_->PutWorker({"job", shard}, OwnerOf("a", 1), done));
  }
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  ASSERT_OK(submissions_->MarkRunning("job", begun.generation, "reprocess-job"));
  ASSERT_OK(books_->EndJobIfLast("job"));
  EXPECT_EQ(Status(), "running");
  SetStatus("failed");
  ASSERT_OK(books_->ReopenJob("job"));
  EXPECT_EQ(Status(), "failed");
}

TEST_P(SubmissionsContract, AJobThatIsRunHereIsNotSubmitted) {
  const Submission begun = *submissions_->Begin(Wanted(), Take::kUnended);
  Mark("job", "reprocessing-worker");
  EXPECT_EQ(submissions_->MarkRunning("job", begun.generation, "k").error().remedy,
            Remedy::kFenced);
  const auto again = submissions_->Begin(Wanted(), Take::kUnended);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_THAT(again.error().what, ::testing::HasSubstr("reprocess run"));
}

TEST_P(SubmissionsContract, APlanBeginsWithoutTheSubmissionOfADeletedJobOfItsName) {
  ASSERT_OK(submissions_->Begin(Wanted(), Take::kUnended));
  database_.Run("DELETE FROM reprocessing_jobs");
  ASSERT_OK(OpenQueryObject()->StorePlan({.job_id = "job", .config = "{}", .files = {}}));
  EXPECT_FALSE(submissions_->Find("job")->has_value());
}

TEST_P(SubmissionsContract, WithoutTheTableNothingWasSubmittedAndNothingCanBe) {
  database_.Run("DROP TABLE reprocessing_submissions");
  const auto asked = (*Database::Open(database_.url(), Database::Use::kAsk))->NewSubmissions();
  EXPECT_FALSE(asked->Find("job")->has_value());
  EXPECT_TRUE(asked->Unended("", "")->empty());
  const auto begun = asked->Begin(Wanted(), Take::kUnended);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Code::kNotAuthorized);
  EXPECT_THAT(begun.error().hint, ::testing::HasSubstr("CREATE TABLE"));
}

}  // namespace
}  // namespace reprocess
