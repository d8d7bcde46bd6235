#include "jobs/launch_here.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/ask.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// A minute is a second.
class FastClock final : public Clock {
 public:
  static constexpr int kFaster = 60;
  SteadyTime Now() override { return start_ + (SystemClock().Now() - start_) * kFaster; }
  WallTime Wall() override { return SystemClock().Wall(); }
  bool SleepFor(Milliseconds duration, const std::stop_token& stop) override {
    return SystemClock().SleepFor(std::max(Milliseconds(1), duration / kFaster), stop);
  }

 private:
  const SteadyTime start_ = SystemClock().Now();
};

class Lines final : public LogsListener {
 public:
  void Line(const JobLogLine& line) override {
    texts.push_back(fmt::format("{} {}", line.worker, line.text));
  }
  void Note(const std::string&) override {}
  std::vector<std::string> texts;
};

// The process is a shell script in place of the program.
class JobsHere : public ::testing::Test {
 protected:
  JobsHere() {
    std::string name = (fs::temp_directory_path() / "here_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    url_ = fmt::format("sqlite://{}/books.db", folder_.string());
    database_ = *Database::Open(url_, Database::Use::kWork);
    queries_ = database_->NewQueries();
    variables_ = {{"PATH", "/usr/bin:/bin"}};
  }
  ~JobsHere() override {
    Touch("stop");
    launcher_.reset();
    fs::remove_all(folder_);
  }

  void Begin(const std::string& script) {
    const fs::path program = folder_ / "program";
    std::ofstream(program) << "#!/bin/sh\ncd " << folder_.string() << "\necho x >> starts\n"
                           << script << "\n";
    fs::permissions(program, fs::perms::owner_all);
    const auto environment = [this](const std::string& variable) -> std::optional<std::string> {
      const auto found = variables_.find(variable);
      return found != variables_.end() ? std::optional(found->second) : std::nullopt;
    };
    auto launcher = LaunchHere({.folder = folder_ / "state",
                                .database_url = url_,
                                .environment = environment,
                                .program = program},
                               *database_, clock_);
    ASSERT_TRUE(launcher) << launcher.error().ToString();
    launcher_ = *std::move(launcher);
  }

  void Store(const std::string& id) {
    Plan plan{.job_id = id,
              .config = R"({"destination":{"kind":"files","directory":"/out"}})",
              .files = {},
              .begun = Begun::kNot};
    plan.files.push_back({{.path = "/in/a.ndjson"}, {}});
    const auto stored = queries_->StorePlan(plan);
    ASSERT_TRUE(stored) << stored.error().ToString();
  }
  StartRequest Request(const std::string& id) {
    StartRequest request;
    request.job.plan = **queries_->LoadPlan(id);
    request.who = "ann";
    return request;
  }
  // As the process does it.
  void TakeUp(const std::string& id) {
    const auto taken = queries_->TakeUpPlan(id, (**queries_->LoadPlan(id)).config);
    ASSERT_TRUE(taken) << taken.error().ToString();
  }
  Result<void> StartAndTakeUp(const std::string& id) {
    Store(id);
    const std::jthread process([&] {
      Await([&] { return Starts() == 1; });
      TakeUp(id);
    });
    return launcher_->Start(Request(id), {});
  }

  void Touch(const char* name) const { std::ofstream(folder_ / name) << '\n'; }
  std::string TextOf(const char* name) const {
    std::ifstream file(folder_ / name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::size_t Starts() const { return TextOf("starts").size() / 2; }
  static void Await(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it never comes";
      std::this_thread::yield();
    }
  }
  bool IsMarked(const char* name) const { return fs::exists(folder_ / "state" / name); }

  fs::path folder_;
  std::string url_;
  FastClock clock_;
  std::map<std::string, std::string> variables_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<Launcher> launcher_;
};

constexpr char kUntilStopped[] =
    R"(echo '{"time":"2026-05-01T00:00:00Z","level":"info","message":"claimed","shard":2,"at":7}' >&2
while [ -e starts ] && [ ! -e stop ]; do sleep 0.02; done)";

TEST_F(JobsHere, OneGoesOnWhenItsLauncherEndsAndIsFoundAgainByTheNext) {
  Begin(kUntilStopped);
  ASSERT_TRUE(StartAndTakeUp("job-1"));
  launcher_.reset();
  Begin(kUntilStopped);
  EXPECT_TRUE(launcher_->Start(Request("job-1"), {})) << "it is there: nothing is done";
  EXPECT_EQ(Starts(), 1U);
  Lines lines;
  ASSERT_TRUE(launcher_->ReadLogs({.job_id = "job-1"}, lines, false, {}));
  EXPECT_THAT(lines.texts, ElementsAre("2 info claimed at=7"));
  EXPECT_THAT(*launcher_->Pods("job-1", {}), SizeIs(1));
  ASSERT_TRUE(launcher_->Cancel("job-1", {}));
  Touch("stop");
  Await([&] { return !IsMarked("job-1.job"); });
  EXPECT_EQ(Starts(), 1U) << "what is cancelled is not started again";
}

TEST_F(JobsHere, OneWhoseProcessIsKilledIsStartedAgain) {
  Begin(std::string("echo $$ > pid\n") + kUntilStopped);
  ASSERT_TRUE(StartAndTakeUp("job-1"));
  Await([&] { return TextOf("pid").ends_with('\n'); });
  ASSERT_EQ(::kill(std::stoi(TextOf("pid")), SIGKILL), 0);
  Await([&] { return Starts() == 2; });
  EXPECT_THAT(launcher_->Troubles(), IsEmpty());
  ASSERT_TRUE(launcher_->Cancel("job-1", {}));
}

TEST_F(JobsHere, OneThatNeverComesFurtherIsGivenUpAndItsRowSaysWhyUntilItIsResumed) {
  Begin(
      "[ -e go ] || { while [ -e starts ] && [ ! -e go ]; do sleep 0.02; done; }\n"
      R"(echo '{"time":"2026-05-01T00:00:00Z","level":"error","message":"no disk"}' >&2; exit 1)");
  ASSERT_TRUE(StartAndTakeUp("job-1"));
  Touch("go");
  Await([&] { return !IsMarked("job-1.job"); });
  EXPECT_EQ(Starts(), 6U);
  const auto job = queries_->Job("job-1");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->status, "running");
  EXPECT_THAT(job->error, HasSubstr("ended with exit 1 6 times and came no further: no disk"));
  const auto view = ViewJob(*queries_, "job-1", Milliseconds(6'000), clock_.Wall());
  EXPECT_EQ(PhaseOf(*view), job->error);
  EXPECT_THAT(launcher_->Troubles(), ElementsAre(HasSubstr("job-1")));
  fs::remove(folder_ / "go");
  ASSERT_TRUE(launcher_->Resume("job-1", "ann", "", {}));
  Await([&] { return Starts() == 7; });
  EXPECT_EQ(queries_->Job("job-1")->error, "");
  ASSERT_TRUE(launcher_->Cancel("job-1", {}));
  Touch("go");
}

TEST_F(JobsHere, AProcessThatEndsBeforeItHasBegunStartsNothingAndItsErrorIsTold) {
  Begin(
      R"(echo '{"time":"2026-05-01T00:00:00Z","level":"error","message":"no topic"}' >&2; exit 1)");
  Store("job-1");
  const auto started = launcher_->Start(Request("job-1"), {});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().what, HasSubstr("no topic"));
  EXPECT_EQ(started.error().code, Code::kInvalid);
  EXPECT_EQ(queries_->Job("job-1")->status, "pending");
  EXPECT_FALSE(IsMarked("job-1.job"));
}

TEST_F(JobsHere, AMarkOrALogThatSomebodyElseWroteHarmsNobody) {
  Begin(R"(echo '{"level":7,"message":["x"],"kind":null}' >&2; echo '[1]' >&2; exit 1)");
  Store("job-1");
  for (const char* text : {"", "no JSON", R"({"tries":"x","moved":-1,"who":3,"again":"y"})"}) {
    std::ofstream(folder_ / "state" / "job-2.job") << text;
    Await([&] { return !IsMarked("job-2.job"); });
  }
  EXPECT_FALSE(launcher_->Start(Request("job-1"), {}));
}

TEST_F(JobsHere, WhereSomethingIsAwayThatIsSaid) {
  Begin(R"(echo '{"level":"error","message":"no brokers","kind":"away"}' >&2; exit 1)");
  Store("job-1");
  const auto started = launcher_->Start(Request("job-1"), {});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().remedy, Remedy::kWait);
}

TEST_F(JobsHere, NothingIsStartedForSomebodyWhoHasLeftBeforeItBegan) {
  Begin(std::string("echo $$ > pid\n") + kUntilStopped);
  Store("job-1");
  std::stop_source left;
  const std::jthread caller([&] {
    Await([&] { return TextOf("pid").ends_with('\n'); });
    left.request_stop();
  });
  const auto started = launcher_->Start(Request("job-1"), left.get_token());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kStopped);
  EXPECT_FALSE(IsMarked("job-1.job"));
  Await([&] { return ::kill(std::stoi(TextOf("pid")), 0) != 0; });
  EXPECT_EQ(queries_->Job("job-1")->status, "pending");
}

TEST_F(JobsHere, AProcessThatCannotBeMadeLeavesNothingToBeStartedLater) {
  Begin("exit 0");
  fs::remove(folder_ / "program");
  Store("job-1");
  EXPECT_FALSE(launcher_->Start(Request("job-1"), {}));
  EXPECT_FALSE(IsMarked("job-1.job"));
}

TEST_F(JobsHere, OneThatWasGivenUpBeforeItBeganIsResumed) {
  Begin(kUntilStopped);
  Store("job-1");
  ASSERT_TRUE(launcher_->Resume("job-1", "ann", "", {}));
  EXPECT_EQ(Starts(), 0U) << "nobody had started it";
  ASSERT_TRUE(queries_->TellWhyStopped("job-1", "given up"));
  const std::jthread process([&] {
    Await([&] { return Starts() == 1; });
    TakeUp("job-1");
  });
  EXPECT_TRUE(launcher_->Resume("job-1", "ann", "", {}));
  EXPECT_EQ(Starts(), 1U);
  ASSERT_TRUE(launcher_->Cancel("job-1", {}));
}

TEST_F(JobsHere, TheProcessGetsTheWorkersSettingsAndNoneOfOurSecrets) {
  variables_ = {{"PATH", "/usr/bin:/bin"},   {"AUTH_TOKENS", "s3cret"},
                {"TOKEN_SECRET", "s3cret"},  {"ADMIN_RAW_AUTH_TOKENS", "s3cret"},
                {"JOB_ID", "another"},       {"REPROCESS_COMMIT_LINES", "7"},
                {"ADMIN_AWS_REGION", "eu-1"}};
  Begin(std::string("env > environment; echo \"$0 $@\" > arguments\n") + kUntilStopped);
  ASSERT_TRUE(StartAndTakeUp("job-1"));
  Await([&] { return TextOf("arguments").ends_with('\n'); });
  const std::string environment = TextOf("environment");
  EXPECT_THAT(environment, HasSubstr("REPROCESS_COMMIT_LINES=7\n"));
  EXPECT_THAT(environment, HasSubstr("AWS_REGION=eu-1\n"));
  EXPECT_THAT(environment, HasSubstr("DATABASE_URL=" + url_));
  EXPECT_THAT(environment, Not(HasSubstr("s3cret")));
  EXPECT_THAT(environment, Not(HasSubstr("JOB_ID")));
  EXPECT_THAT(TextOf("arguments"), HasSubstr("run --job=job-1\n"));
  EXPECT_EQ(fs::status(folder_ / "state").permissions(), fs::perms::owner_all);
  ASSERT_TRUE(launcher_->Cancel("job-1", {}));
}

TEST_F(JobsHere, WhatAMachineCannotDoIsRefusedWithWhatItCan) {
  Begin("exit 0");
  Store("job-1");
  const auto suspended = launcher_->Suspend("job-1", "ann", {});
  const auto scaled = launcher_->Scale("job-1", 2, {});
  EXPECT_EQ(suspended.error().code, Code::kConflict);
  EXPECT_THAT(suspended.error().hint, HasSubstr("pause"));
  EXPECT_EQ(scaled.error().code, Code::kConflict);
  EXPECT_EQ(launcher_->Resume("nobody", "ann", "", {}).error().code, Code::kNotFound);
  Lines lines;
  EXPECT_EQ(launcher_->ReadLogs({.job_id = "job-1"}, lines, false, {}).error().code,
            Code::kNotFound);
  EXPECT_FALSE(launcher_->CountsOf("job-1", {})->has_value());
}

}  // namespace
}  // namespace reprocess
