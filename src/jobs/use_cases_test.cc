// What an operator does with a job, from its plan to its report.
#include <gmock/gmock.h>

#include "jobs/controls.h"
#include "jobs/raw_lines.h"
#include "jobs/report.h"
#include "jobs/reset.h"
#include "jobs/use_cases_for_tests.h"
#include "plan/inspect.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

TEST_F(UseCases, AJobIsPlannedRunAndSeen) {
  EXPECT_EQ(Run(Request()), Outcome::kUnsentLines);
  EXPECT_THAT(Written(), UnorderedElementsAre(Message(1), Message(2), Message(3)));
  EXPECT_THAT(report_.unbalanced, testing::IsEmpty());
  const JobView view = View();
  EXPECT_EQ(view.standing.standing, Standing::kCompleted);
  EXPECT_EQ(view.standing.outcome, Outcome::kUnsentLines);
  EXPECT_EQ(view.job.sum.counters.lines, 4u);
  EXPECT_EQ(view.job.sum.counters.success, 3u);
  const auto errors = ViewErrors(*queries_, "job", {.most = 10});
  ASSERT_TRUE(errors);
  ASSERT_EQ(errors->rows.size(), 1u);
  EXPECT_EQ(errors->rows[0].path, "/in/b.ndjson");
  EXPECT_EQ(errors->rows[0].row.first_line, 2u);
}

TEST_F(UseCases, APlanStartsNothingAndIsTakenUpAsItWasMade) {
  const auto planned = Planned();
  ASSERT_TRUE(planned) << planned.error().ToString();
  EXPECT_EQ(View().standing.standing, Standing::kPending);
  EXPECT_EQ(View().job.status, "pending");
  EXPECT_EQ(StoredPlan("job", *queries_)->hash, planned->hash);
  objects_["/in/c.ndjson"] = Message(4) + "\n";  // came later: not of the plan
  EXPECT_EQ(Run(TakeUpRequest()), Outcome::kUnsentLines);
  EXPECT_THAT(Written(), UnorderedElementsAre(Message(1), Message(2), Message(3)));
  EXPECT_EQ(View().job.status, "completed");
}

TEST_F(UseCases, APlanIsFoundAgainOrWhatDiffersIsNamed) {
  const auto first = Planned();
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_FALSE(first->existed);
  const auto again = Planned();
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(again->hash, first->hash);
  objects_["/in/c.ndjson"] = Message(4) + "\n";
  const auto other = Planned();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kConflict);
  EXPECT_THAT(other.error().what, HasSubstr("workers (2, now 3), files (2, now 3; the first"));
  objects_.erase("/in/c.ndjson");
  EXPECT_EQ(Run(TakeUpRequest()), Outcome::kUnsentLines);
  EXPECT_EQ(Planned()->plan.begun, Begun::kHere);
}

TEST_F(UseCases, InspectionForeseesWhatARunDoes) {
  Memory storage(objects_);
  InspectRequest inspect;
  inspect.paths = {"/in"};
  inspect.config = Request().given;
  const auto foreseen = Inspect(inspect, storage, [](const InspectReport&) {}, {});
  ASSERT_TRUE(foreseen) << foreseen.error().ToString();
  Run(Request());
  EXPECT_EQ(foreseen->counters, report_.counters);
}

TEST_F(UseCases, AFinishedJobSendsNothingWhenItIsRunAgain) {
  Run(Request());
  EXPECT_EQ(Run(Request()), Outcome::kUnsentLines);
  for (const ShardResult& shard : report_.shards) {
    EXPECT_EQ(shard.outcome, Outcome::kAlreadyComplete);
  }
  EXPECT_EQ(Written().size(), 3u);
}

TEST_F(UseCases, AJobThatWasStoppedGoesOnWithoutItsPaths) {
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(Run(Request(), stopped.get_token()), Outcome::kStopped);
  EXPECT_EQ(Run(TakeUpRequest()), Outcome::kUnsentLines);
  EXPECT_EQ(Written().size(), 3u);
}

TEST_F(UseCases, AJobThatWasCancelledIsNotGoneOnWith) {
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(Run(Request(), stopped.get_token()), Outcome::kStopped);
  EXPECT_FALSE(report_.cancelled);
  ASSERT_TRUE(database_->NewSubmissions()->Cancel("job"));
  EXPECT_THAT(PlanError(TakeUpRequest()), HasSubstr("cancelled, and that is final"));
  EXPECT_EQ(View().standing.standing, Standing::kCancelled);
}

TEST_F(UseCases, AReportBalancesAndHasWhatVerifyFoundLast) {
  Run(Request());
  const auto report = [&] {
    return *ReportOf(*queries_, "job", Milliseconds(6'000), SystemClock().Wall());
  };
  const CompletionReport before = report();
  EXPECT_THAT(before.problems, testing::IsEmpty());
  EXPECT_EQ(before.counters, report_.counters);
  EXPECT_EQ(before.verdict, std::nullopt);

  ASSERT_TRUE(queries_->StoreVerify("job", {.verdict = "wrong", .sent = 3, .missing = 1}));
  EXPECT_EQ(report().verdict->missing, 1u);
  VerifyResult right = {.verdict = "all_there", .sent = 3, .found = 3};
  ASSERT_TRUE(queries_->StoreVerify("job", right));
  const CompletionReport after = report();
  EXPECT_THAT(after.verdict->at, HasSubstr("T")) << "the database's time";
  right.at = after.verdict->at;
  EXPECT_EQ(*after.verdict, right);
}

TEST_F(UseCases, AJobIsNotResumedAsAnotherOne) {
  Run(Request());
  RunRequest other = Request();
  other.given = Asked(R"({"connection_ids":["d"]})");
  EXPECT_THAT(PlanError(other), HasSubstr("connection_ids"));
  other = Request();
  other.shards = 1;
  EXPECT_THAT(PlanError(other), HasSubstr("2 shards, not 1"));
  objects_["/in/c.ndjson"] = Message(4) + "\n";
  EXPECT_THAT(PlanError(Request()), HasSubstr("1 of 3 files is not in its plan"));
}

TEST_F(UseCases, ALimitIsRaisedFromWhereItStopped) {
  RunRequest request = Request();
  request.shards = 1;
  request.given = Asked(R"({"connection_ids":["c"],"limit":1})");
  EXPECT_EQ(Run(request), Outcome::kComplete);
  EXPECT_EQ(Written(), std::vector{Message(1)});
  RunRequest more = Request({});
  more.given = {};
  more.shards = 0;
  more.more_limit = 0;
  EXPECT_EQ(Run(more), Outcome::kUnsentLines);
  EXPECT_THAT(Written(), ElementsAre(Message(1), Message(2), Message(3)));
}

TEST_F(UseCases, TheLinesThatWereNotSentAreReadAsTheyWere) {
  Run(Request());
  Memory storage(objects_);
  RawLinesRequest request;
  request.job_id = "job";
  std::vector<std::string> lines;
  const auto report = ReadRawLines(request, *queries_, storage,
                                   [&](std::string_view line) { lines.emplace_back(line); }, {});
  ASSERT_TRUE(report);
  EXPECT_THAT(lines, ElementsAre("no JSON"));
}

TEST_F(UseCases, LimitsChangeAndAFinishedJobIsNotPaused) {
  Run(Request());
  const auto limited =
      ChangeControls({.job_id = "job", .change = {.max_messages_per_second = 5}}, *queries_);
  ASSERT_TRUE(limited) << limited.error().ToString();
  EXPECT_EQ(limited->limits.max_messages_per_second, 5u);
  const auto none = ChangeControls({.job_id = "other", .change = {.paused = true}}, *queries_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
}

TEST_F(UseCases, AJobThatWasResetSendsAllOnceMore) {
  Run(Request());
  ResetRequest request;
  request.job_id = "job";
  const auto plan = PlanReset(request, *queries_, SystemClock(), {});
  ASSERT_TRUE(plan) << plan.error().ToString();
  EXPECT_EQ(plan->shards.size(), 2u);
  ASSERT_TRUE(CarryOutReset(request, *plan, *queries_, {}));
  EXPECT_TRUE(Written().empty());
  EXPECT_EQ(Run(Request()), Outcome::kUnsentLines);
  EXPECT_EQ(Written().size(), 3u);
}

}  // namespace
}  // namespace reprocess
