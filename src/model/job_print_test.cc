#include "model/job_print.h"

#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

struct Job {
  int total = 3;
  std::vector<FileItem> files;
  JobConfig config;
  std::string destination = "kafka:events";

  Job() {
    for (int i = 0; i < 10; ++i) files.push_back({fmt::format("/f{}", i), 10, ""});
    files[4].ranges = {{0, 5}, {9, UINT64_MAX - 9}};
    files[5].offset = 7;
    files[6].version_id = "v1";
    config.stream_ids = {"s1", "s2"};
    config.date_to = WallTime(std::chrono::microseconds(2'000));
  }
  JobPrint Print() const {
    JobPrinter printer(total, config, destination);
    for (const FileItem& file : files) printer.Add(file);
    return std::move(printer).Print();
  }
};

TEST(JobPrint, GivesEachShardTheFingerprintOfItsOwnShare) {
  for (const std::string start : {"", "/f4", "/f9"}) {
    for (const int total : {1, 2, 3, 12}) {
      SCOPED_TRACE(fmt::format("{} workers from {}", total, start));
      Job job;
      job.total = total;
      job.config.start_file = start;
      const JobPrint print = job.Print();
      ASSERT_EQ(print.shards.size(), static_cast<std::size_t>(total));
      for (int index = 0; index < total; ++index) {
        EXPECT_EQ(print.shards[static_cast<std::size_t>(index)],
                  FingerprintOf(AssignmentOf("job", index, total, job.files, job.config),
                                job.config, job.destination));
      }
    }
  }
}

TEST(JobPrint, NamesWhatTwoWorkersDoNotAgreeOn) {
  const struct {
    std::string_view differs;
    std::function<void(Job&)> change;
  } kRows[] = {
      {"", [](Job&) {}},
      {"files", [](Job& j) { std::swap(j.files[0], j.files[1]); }},
      {"files", [](Job& j) { j.files[6].version_id = "v2"; }},
      {"files (10, now 11)", [](Job& j) { j.files.push_back({"/g", 1, ""}); }},
      {"workers (3, now 2)", [](Job& j) { j.total = 2; }},
      {"start_file", [](Job& j) { j.config.start_file = "/f2"; }},
      {"start_line (0, now 7)", [](Job& j) { j.config.start_line = 7; }},
      {"stream_ids", [](Job& j) { j.config.stream_ids = {"s1s", "2"}; }},
      {"connection_ids", [](Job& j) { j.config.connection_ids = {"c"}; }},
      {"stream_connections", [](Job& j) { j.config.stream_connections = {{"s", {"c"}}}; }},
      {"date_from, date_to", [](Job& j) { std::swap(j.config.date_from, j.config.date_to); }},
      {"destination (kafka:events, now files)", [](Job& j) { j.destination = "files"; }},
      {"", [](Job& j) { j.files[0].size = 11; }},
      {"", [](Job& j) { j.config.limit = 5; }},
  };
  for (const auto& [differs, change] : kRows) {
    Job job;
    change(job);
    EXPECT_EQ(Differences(Job().Print().text, job.Print().text), differs);
  }
}

TEST(JobPrint, AWordThatOnlyOneBuildKnowsSaysNothing) {
  const std::string print = Job().Print().text;
  EXPECT_EQ(Differences(print, print + " later=1"), "");
  EXPECT_EQ(Differences(print + " later=1", print), "");
}

}  // namespace
}  // namespace reprocess
