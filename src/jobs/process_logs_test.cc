#include "jobs/process_logs.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class ProcessLogs : public ::testing::Test, public LogsListener {
 protected:
  ProcessLogs() {
    std::string name = (fs::temp_directory_path() / "process_logs_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "job.log";
  }
  ~ProcessLogs() override { fs::remove_all(folder_); }

  static std::string At(int second, int shard, const std::string& message) {
    return fmt::format(
        "{{\"time\":\"2026-05-01T00:00:{:02}Z\",\"level\":\"info\",\"message\":\"{}\",\"job\":"
        "\"j\","
        "\"shard\":{}}}\n",
        second, message, shard);
  }
  void Write(const fs::path& path, const std::string& text) const {
    std::ofstream(path, std::ios::app) << text;
  }
  void Line(const JobLogLine& line) override {
    lines_.push_back(
        fmt::format("{} {} {}", FormatRfc3339(line.time).substr(17), line.worker, line.text));
    if (taken_) taken_(lines_.size());
  }
  void Note(const std::string&) override {}

  std::vector<std::string> Read(const LogsRequest& request = {}) {
    lines_.clear();
    const auto read =
        ReadProcessLogs(path_, request, *this, [] { return true; }, SystemClock(), {});
    EXPECT_TRUE(read);
    return lines_;
  }

  fs::path folder_, path_;
  std::vector<std::string> lines_;
  std::function<void(std::size_t)> taken_;
};

TEST_F(ProcessLogs, LinesHaveTheirTimeAndWorkerAndOtherTextHasTheTimeBeforeIt) {
  Write(path_.string() + ".1", At(1, 0, "first"));
  Write(path_,
        At(2, 3, "second") + "job completed\n" +
            R"({"time":"2026-05-01T00:00:03Z","level":"warning","message":"w","why":"x y"})" +
            "\nnot whole");
  EXPECT_THAT(Read(), ElementsAre("01Z 0 info first", "02Z 3 info second", "02Z 0 job completed",
                                  "03Z 0 warning w why=x y"));
}

TEST_F(ProcessLogs, TheyAreLimitedToAWorkerATimeAndTheLastOfEach) {
  Write(path_, At(1, 0, "a") + At(2, 1, "b") + At(3, 0, "c") + At(4, 1, "d"));
  EXPECT_THAT(Read({.job_id = "j", .worker = 1}), ElementsAre("02Z 1 info b", "04Z 1 info d"));
  EXPECT_THAT(Read({.job_id = "j", .since = ParseRfc3339("2026-05-01T00:00:03Z")->time}),
              ElementsAre("03Z 0 info c", "04Z 1 info d"));
  EXPECT_THAT(Read({.job_id = "j", .tail = 1}), ElementsAre("03Z 0 info c", "04Z 1 info d"));
  EXPECT_THAT(Read({.job_id = "j", .tail = 0}), IsEmpty());
}

TEST_F(ProcessLogs, AFileThatIsBegunAnewIsFollowedWithoutALineLost) {
  Write(path_, At(1, 0, "a"));
  bool over = false;
  taken_ = [&](std::size_t lines) {
    if (lines == 1) {
      Write(path_, At(2, 0, "b"));
      fs::rename(path_, path_.string() + ".1");
      Write(path_, At(3, 0, "c"));
    }
    over = lines == 3;
  };
  ASSERT_TRUE(ReadProcessLogs(path_, {}, *this, [&] { return over; }, SystemClock(), {}));
  EXPECT_THAT(lines_, ElementsAre("01Z 0 info a", "02Z 0 info b", "03Z 0 info c"));
}

TEST_F(ProcessLogs, TheLastErrorIsFoundAndAMissingFileIsNotFound) {
  Write(path_, At(1, 0, "a") +
                   R"({"time":"2026-05-01T00:00:03Z","level":"error","message":"first"})"
                   "\n" +
                   R"({"time":"2026-05-01T00:00:03Z","level":"error","message":"last"})"
                   "\n" +
                   At(4, 0, "b"));
  ASSERT_TRUE(LastErrorIn(path_));
  EXPECT_EQ(LastErrorIn(path_)->what, "last");
  EXPECT_EQ(LastErrorIn(path_)->code, Code::kInvalid);
  Write(path_, R"({"time":"2026-05-01T00:00:03Z","level":"error","message":"Kafka","kind":"away"})"
               "\n");
  EXPECT_EQ(LastErrorIn(path_)->remedy, Remedy::kWait);
  EXPECT_FALSE(LastErrorIn(folder_ / "nothing"));
  EXPECT_EQ(ReadProcessLogs(folder_ / "nothing", {}, *this, [] { return true; }, SystemClock(), {})
                .error()
                .code,
            Code::kNotFound);
}

TEST_F(ProcessLogs, AMonthAfterTheLastLineLogAndLockAreRemovedUnlessTheJobIsLookedAfter) {
  for (const char* name : {"job.log", "job.log.1", "job.lock", "kept.log", "kept.job", "new.log"}) {
    Write(folder_ / name, "text");
  }
  const WallTime now = SystemClock().Wall();
  const auto old = std::chrono::file_clock::from_sys(now - std::chrono::days(31));
  for (const char* name : {"job.log", "kept.log"}) fs::last_write_time(folder_ / name, old);
  RemoveOldLogs(folder_.string(), now);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    left.insert(entry.path().filename().string());
  }
  EXPECT_THAT(left, ElementsAre("kept.job", "kept.log", "new.log"));
}

}  // namespace
}  // namespace reprocess
