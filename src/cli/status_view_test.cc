#include "cli/status_view.h"

#include <ranges>
#include <string_view>

#include <gmock/gmock.h>

#include "cli/numbers.h"
#include "model/failure_kind.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const JobOptions kOptions = {.database = " --database /a.db", .repository = kRepositoryByName};

JobView ViewOf(Standing standing, Outcome outcome, const char* config = "{}") {
  JobView view;
  view.job.id = "j";
  view.job.config = config;
  view.standing.standing = standing;
  view.standing.outcome = outcome;
  view.standing.destination = Destination{.kind = Destination::kKafka};
  return view;
}

std::vector<StoredError> SevenLines(Reason reason) {
  StoredError lines;
  lines.row.count = 7;
  lines.row.reason = reason;
  return {lines};
}

std::vector<std::string> Commands(const JobView& view) {
  std::vector<std::string> commands;
  for (const NextStep& step : NextSteps(view, kOptions)) commands.push_back(step.command);
  return commands;
}

TEST(StepsOfAStatus, NameTheRepositoryWhereTheJobLooksStreamsUp) {
  EXPECT_THAT(Commands(ViewOf(Standing::kStopped, Outcome::kStopped)),
              ElementsAre("reprocess run --job j --database /a.db "
                          "--repository-url \"$REPOSITORY_URL\""));
  EXPECT_THAT(
      Commands(ViewOf(Standing::kStopped, Outcome::kStopped, R"({"connection_ids":["c"]})")),
      ElementsAre("reprocess run --job j --database /a.db"));
  JobView view = ViewOf(Standing::kCompleted, Outcome::kUnsentLines);
  view.reasons = SevenLines(Reason::kUnknownStream);
  EXPECT_THAT(Commands(view),
              ElementsAre("reprocess errors j --database /a.db",
                          "reprocess retry j --reason unknown_stream --database /a.db "
                          "--repository-url \"$REPOSITORY_URL\""));
}

TEST(StepsOfAStatus, SendWhatALimitLeftOut) {
  JobView view =
      ViewOf(Standing::kCompleted, Outcome::kComplete, R"({"limit":5,"connection_ids":["c"]})");
  EXPECT_THAT(Commands(view), IsEmpty());
  view.files.at(static_cast<std::size_t>(FileState::kPartial)) = 1;
  EXPECT_THAT(Commands(view), ElementsAre("reprocess run --job j --database /a.db --no-limit"));
}

TEST(StepsOfAStatus, AllowMoreErrorsWhereAShardHadTooMany) {
  JobView view = ViewOf(Standing::kFailed, Outcome::kFailed, R"({"connection_ids":["c"]})");
  ShardSummary shard;
  shard.status = WorkerStatus::kFailed;
  view.shards = {shard};
  EXPECT_THAT(Commands(view), ElementsAre("reprocess run --job j --database /a.db"));
  view.shards[0].worker.error = FailureText(FailureKind::kMaxErrors, "60 of 100 lines");
  EXPECT_THAT(Commands(view), ElementsAre("reprocess set j max_errors=100% --database /a.db",
                                          "reprocess run --job j --database /a.db"));
}

TEST(StepsOfAStatus, GoOnOnKubernetesWhereItWasSubmitted) {
  JobView view = ViewOf(Standing::kStopped, Outcome::kStopped);
  view.job.kubernetes.emplace();
  EXPECT_THAT(Commands(view), ElementsAre("reprocess resume j --database /a.db"));
}

TEST(StepsOfAStatus, LookAtTheRetriesOfAJobThatHasSome) {
  JobView view = ViewOf(Standing::kCompleted, Outcome::kUnsentLines);
  view.reasons = SevenLines(Reason::kUnknownStream);
  view.retries = {"again"};
  EXPECT_THAT(Commands(view), ElementsAre("reprocess errors j --database /a.db",
                                          "reprocess status again --database /a.db"));
}

TEST(WhatAResetDoes, FitsTheTerminal) {
  ResetPlan plan;
  plan.job_id = "j";
  ResetShard shard;
  shard.owner = {"0123456789abcdef", "reprocess-may-1-0-x7k2p.team.svc.cluster.local", 12};
  shard.checkpoint.emplace();
  shard.checkpoint->list_position = 104;
  shard.checkpoint->place.line = 1'042'000;
  shard.checkpoint->place.byte = 88'213'000;
  shard.sent = 1'042'000;
  plan.shards = {shard};
  const std::string text = ResetText(plan, {.columns = 80, .colour = false});
  EXPECT_THAT(text, HasSubstr("file 104, line 1042000 (byte 88213000)"));
  for (const auto line : text | std::views::split('\n')) {
    EXPECT_LE(WidthOf(std::string_view(line)), 80u) << std::string_view(line);
  }
}

}  // namespace
}  // namespace reprocess
