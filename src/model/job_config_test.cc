#include "model/job_config.h"

#include <functional>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/key.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<FileItem> FilesOf(int count) {
  std::vector<FileItem> files;
  for (int i = 0; i < count; ++i) files.push_back({"/f" + std::to_string(i), 10, ""});
  return files;
}

std::vector<int> PositionsOf(int index, int total, int count, const std::string& start_file = "") {
  JobConfig config;
  config.start_file = start_file;
  std::vector<int> positions;
  for (const auto& file : AssignmentOf("job", index, total, FilesOf(count), config).files) {
    EXPECT_EQ(file.path, "/f" + std::to_string(file.list_position));
    positions.push_back(file.list_position);
  }
  return positions;
}

TEST(Assignment, AWorkerTakesEveryNthFileOfTheList) {
  EXPECT_THAT(PositionsOf(0, 1, 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(PositionsOf(0, 3, 8), ElementsAre(0, 3, 6));
  EXPECT_THAT(PositionsOf(1, 3, 8), ElementsAre(1, 4, 7));
  EXPECT_THAT(PositionsOf(2, 3, 8), ElementsAre(2, 5));
  EXPECT_THAT(PositionsOf(4, 5, 3), IsEmpty());
  EXPECT_THAT(PositionsOf(0, 5, 0), IsEmpty());
}

TEST(Assignment, FilesBeforeStartFileBelongToNobodyAndPositionsStay) {
  EXPECT_THAT(PositionsOf(0, 3, 8, "/f4"), ElementsAre(6));
  EXPECT_THAT(PositionsOf(1, 3, 8, "/f4"), ElementsAre(4, 7));
  EXPECT_THAT(PositionsOf(2, 3, 8, "/f4"), ElementsAre(5));
  EXPECT_THAT(PositionsOf(0, 1, 3, "/f0"), ElementsAre(0, 1, 2));
  EXPECT_THAT(PositionsOf(0, 2, 3, "/f2"), ElementsAre(2));
  EXPECT_THAT(PositionsOf(1, 2, 3, "/f2"), IsEmpty());
}

TEST(Assignment, EveryFileHasExactlyOneWorker) {
  for (int total = 1; total <= 12; ++total) {
    std::multiset<int> seen;
    for (int index = 0; index < total; ++index) {
      for (const int position : PositionsOf(index, total, 10)) seen.insert(position);
    }
    EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)) << total;
  }
}

TEST(Assignment, FindsItsFilesByTheirPlaceInTheWholeList) {
  JobConfig config;
  config.start_file = "/f4";
  const Assignment assignment = AssignmentOf("job", 1, 3, FilesOf(9), config);
  for (int position = -4; position < 14; ++position) {
    const FileItem* file = FileAt(assignment, position);
    const bool ours = position == 4 || position == 7;
    ASSERT_EQ(file != nullptr, ours) << position;
    EXPECT_TRUE(!file || file->list_position == position);
  }
  EXPECT_EQ(FileAt(AssignmentOf("job", 5, 6, FilesOf(3), {}), 5), nullptr);
}

TEST(Assignment, TheSharesOfALimitAddUpToItAndDifferByOneAtMost) {
  for (const std::uint64_t limit : {1u, 2u, 5u, 10u, 11u, 1'000u}) {
    for (int total = 1; total <= 12; ++total) {
      JobConfig config;
      config.limit = limit;
      std::vector<std::uint64_t> shares;
      for (int index = 0; index < total; ++index) {
        const Assignment assignment = AssignmentOf("job", index, total, FilesOf(20), config);
        EXPECT_TRUE(assignment.limited);
        shares.push_back(assignment.limit);
      }
      EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}), limit);
      EXPECT_TRUE(std::ranges::is_sorted(shares, std::greater()));
      EXPECT_LE(shares.front() - shares.back(), 1u);
    }
  }
  EXPECT_FALSE(AssignmentOf("job", 0, 2, FilesOf(2), {}).limited);
}

// One job, and what may be changed about it.
struct Job {
  int index = 1, total = 3;
  std::vector<FileItem> files = FilesOf(9);
  JobConfig config;
  std::string id = "job", destination = "kafka:events";

  Job() {
    config.stream_ids = {"s1", "s2"};
    config.connection_ids = {"c1"};
    config.date_from = WallTime(std::chrono::microseconds(1'000));
    config.date_to = WallTime(std::chrono::microseconds(2'000));
  }
  std::string Fingerprint() const {
    return FingerprintOf(AssignmentOf(id, index, total, files, config), config, destination);
  }
};

TEST(Fingerprint, ChangesWithWhateverChangesWhatIsSent) {
  const std::pair<std::string_view, std::function<void(Job&)>> changes[] = {
      {"index", [](Job& j) { j.index = 2; }},
      {"total", [](Job& j) { j.total = 4; }},
      {"path", [](Job& j) { j.files[4].path = "/g4"; }},
      {"version_id", [](Job& j) { j.files[4].version_id = "v2"; }},
      {"key_path", [](Job& j) { j.files[4].key_path = "/g4"; }},
      {"a file more", [](Job& j) { j.files = FilesOf(11); }},
      {"a file less", [](Job& j) { j.files = FilesOf(7); }},
      {"order", [](Job& j) { std::swap(j.files[1], j.files[4]); }},
      {"start_file", [](Job& j) { j.config.start_file = "/f1"; }},
      {"another start_file", [](Job& j) { j.config.start_file = "/f2"; }},
      {"start_line", [](Job& j) { j.config.start_line = 2; }},
      {"limit", [](Job& j) { j.config.limit = 100; }},
      {"limit, same share", [](Job& j) { j.config.limit = 101; }},
      {"stream_ids", [](Job& j) { j.config.stream_ids = {"s1"}; }},
      {"stream_ids, cut elsewhere", [](Job& j) { j.config.stream_ids = {"s1s", "2"}; }},
      {"no stream_ids", [](Job& j) { j.config.stream_ids = {}; }},
      {"connection_ids", [](Job& j) { j.config.connection_ids = {"c2"}; }},
      {"ids moved over",
       [](Job& j) {
         j.config.stream_ids = {"s1"};
         j.config.connection_ids = {"s2", "c1"};
       }},
      {"date_from",
       [](Job& j) { j.config.date_from = WallTime(std::chrono::microseconds(1'001)); }},
      {"no date_from", [](Job& j) { j.config.date_from.reset(); }},
      {"date_to", [](Job& j) { j.config.date_to = WallTime(std::chrono::microseconds(2'001)); }},
      {"only the other date",
       [](Job& j) {
         j.config.date_to = j.config.date_from;
         j.config.date_from.reset();
       }},
      {"only_connections",
       [](Job& j) {
         j.config.only_connections = {"c1"};
         j.config.stream_connections = {{"s1", {"c1"}}};
       }},
      {"what they came to",
       [](Job& j) {
         j.config.only_connections = {"c1"};
         j.config.stream_connections = {{"s1", {"c1"}}, {"s2", {"c1"}}};
       }},
      {"topic", [](Job& j) { j.destination = "kafka:other"; }},
      {"kind of destination", [](Job& j) { j.destination = "files"; }},
  };
  std::set<std::string> seen{Job().Fingerprint()};
  for (const auto& [name, change] : changes) {
    Job job;
    change(job);
    EXPECT_TRUE(seen.insert(job.Fingerprint()).second) << name;
  }
}

// Checkpoints of jobs in flight hold it: another text, and no build goes on with them.
TEST(Fingerprint, IsTheHashOfThisText) {
  Job job;
  job.files[4].version_id = "v1";
  job.files[7].offset = 3;
  job.files[7].length = 4;
  job.config.start_file = "/f1";
  EXPECT_EQ(job.Fingerprint(),
            HashText("1/3;1@3:/f1;0:;0+18446744073709551615;4@3:/f4;2:v1;0+18446744073709551615;"
                     "7@3:/f7;0:;3+4;3:/f1;0;0;[2]2:s1;2:s2;[1]2:c1;8:1000.000;8:2000.000;"
                     "12:kafka:events;"));
}

TEST(Fingerprint, EndsWithWhatOnlyConnectionsCameToWhereThereAreAny) {
  Job job;
  job.files = {};
  job.config = {};
  job.config.only_connections = {"c2", "c1", "unused"};
  job.config.stream_connections = {{"s2", {"c2"}}, {"s1", {"c1", "c2"}}};
  EXPECT_EQ(job.Fingerprint(), HashText("1/3;0:;0;0;[0][0]0:;0:;12:kafka:events;"
                                        "{2}2:s1;[2]2:c1;2:c2;2:s2;[1]2:c2;"));
}

TEST(Fingerprint, StaysWhenWhatIsSentStays) {
  const std::pair<std::string_view, std::function<void(Job&)>> changes[] = {
      {"size", [](Job& j) { j.files[4].size = 11; }},
      {"another worker's file", [](Job& j) { j.files[3].path = "/g3"; }},
      {"batch_size", [](Job& j) { j.config.batch_size = 5; }},
      {"retry_attempts", [](Job& j) { j.config.retry_attempts = 9; }},
      {"delivery", [](Job& j) { j.config.delivery = DeliveryChoice::kAtLeastOnce; }},
      {"source", [](Job& j) { j.config.source = "s3://failover/"; }},
      {"text", [](Job& j) { j.config.json = "{}"; }},
      {"job id", [](Job& j) { j.id = "other"; }},
  };
  for (const auto& [name, change] : changes) {
    Job job;
    change(job);
    EXPECT_EQ(job.Fingerprint(), Job().Fingerprint()) << name;
  }
  EXPECT_EQ(Job().Fingerprint().size(), 16u);
}

TEST(DeliveryChoice, HasTheNamesOfTheConfiguration) {
  EXPECT_EQ(NameOf(DeliveryChoice::kAuto), "auto");
  EXPECT_EQ(NameOf(DeliveryChoice::kExactlyOnce), "exactly_once");
  EXPECT_EQ(NameOf(DeliveryChoice::kAtLeastOnce), "at_least_once");
}

}  // namespace
}  // namespace reprocess
