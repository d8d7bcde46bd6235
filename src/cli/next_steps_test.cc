#include "cli/next_steps.h"

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const JobOptions kOptions = {" --database /a.db", " --repository-url http://r", ""};

std::vector<std::string> Commands(const RunReport& report, const JobOptions& options = kOptions,
                                  Destination::Kind to = Destination::kKafka) {
  PreparedRun run;
  run.destination.kind = to;
  std::vector<std::string> commands;
  for (const NextStep& step : NextSteps(report, run, options)) commands.push_back(step.command);
  return commands;
}

RunReport Report(Outcome outcome) {
  RunReport report;
  report.outcome = outcome;
  report.job_id = "j";
  return report;
}

TEST(NextSteps, AreNoneWhereAllWasSent) {
  EXPECT_THAT(Commands(Report(Outcome::kComplete)), IsEmpty());
}

TEST(NextSteps, ShowWhatWasNotSentThenRetryWhatCanBeCuredTheMostLinesFirst) {
  RunReport report = Report(Outcome::kComplete);
  report.counters[Reason::kInvalidJson] = 90;
  report.counters[Reason::kTooLarge] = 1;
  report.counters[Reason::kUnknownStream] = 7;
  EXPECT_THAT(Commands(report),
              ElementsAre("reprocess errors j --database /a.db",
                          "reprocess retry j --reason unknown_stream --database /a.db "
                          "--repository-url http://r",
                          "reprocess retry j --reason too_large --database /a.db "
                          "--repository-url http://r"));
}

TEST(NextSteps, NameARepositoryThatWasNotGiven) {
  RunReport report = Report(Outcome::kComplete);
  report.counters[Reason::kNoRepository] = 7;
  EXPECT_THAT(Commands(report, {}),
              ElementsAre("reprocess errors j",
                          "reprocess retry j --reason no_repository --repository-url "
                          "\"$REPOSITORY_URL\""));
}

TEST(NextSteps, OfAJobThatStoppedForWantOfARepositoryNameOneToGoOnWith) {
  RunReport report = Report(Outcome::kStopped);
  report.counters[Reason::kNoRepository] = 7;
  EXPECT_THAT(Commands(report, {}),
              ElementsAre("reprocess run --job j --repository-url \"$REPOSITORY_URL\"",
                          "reprocess errors j"));
}

TEST(NextSteps, OfAJobThatHasNotFinishedGoOnWithIt) {
  for (const Outcome outcome : {Outcome::kStopped, Outcome::kFailed, Outcome::kFenced}) {
    RunReport report = Report(outcome);
    report.counters[Reason::kUnknownStream] = 7;
    EXPECT_THAT(Commands(report),
                ElementsAre("reprocess run --job j --database /a.db --repository-url http://r",
                            "reprocess errors j --database /a.db"));
  }
}

TEST(NextSteps, OfAJobWithTooManyErrorsAllowMoreBeforeItGoesOn) {
  RunReport report = Report(Outcome::kTooManyErrors);
  report.counters[Reason::kUnknownStream] = 7;
  EXPECT_THAT(Commands(report),
              ElementsAre("reprocess errors j --database /a.db",
                          "reprocess set j max_errors=100% --database /a.db",
                          "reprocess run --job j --database /a.db --repository-url http://r"));
}

TEST(NextSteps, OfAJobThatWasRetriedLookAtTheRetriesTheNewestFirst) {
  RunReport report = Report(Outcome::kFailedFiles);
  report.counters[Reason::kUnknownStream] = 7;
  report.failed_files.emplace_back();
  report.retries = {"r1", "r2"};
  EXPECT_THAT(Commands(report), ElementsAre("reprocess errors j --database /a.db",
                                            "reprocess status r2 --database /a.db",
                                            "reprocess status r1 --database /a.db"));
}

TEST(NextSteps, OfAJobOnKubernetesGoOnThere) {
  const JobOptions there = {" --database postgresql://d/b", " --repository-url http://r", "", true};
  EXPECT_THAT(Commands(Report(Outcome::kStopped), there),
              ElementsAre("reprocess resume j --database postgresql://d/b"));
  RunReport report = Report(Outcome::kFailedFiles);
  report.failed_files.emplace_back();
  EXPECT_THAT(Commands(report, there),
              ElementsAre("reprocess retry j --failed-files --database postgresql://d/b "
                          "--repository-url http://r"));
}

TEST(NextSteps, OfACancelledJobDoNotGoOnWithIt) {
  RunReport report = Report(Outcome::kStopped);
  report.cancelled = true;
  EXPECT_THAT(Commands(report), IsEmpty());
}

TEST(NextSteps, OfADryRunShowWhatWouldNotBeSent) {
  RunReport report = Report(Outcome::kComplete);
  report.counters[Reason::kUnknownStream] = 7;
  EXPECT_THAT(Commands(report, kOptions, Destination::kNone),
              ElementsAre("reprocess errors j --database /a.db"));
}

}  // namespace
}  // namespace reprocess
