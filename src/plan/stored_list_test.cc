#include "plan/stored_list.h"

#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/job_print.h"
#include "plan/list_text.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

class Memory final : public PlanLists {
 public:
  Result<void> Store(const std::string&, std::span<const ListPart> parts) override {
    rows.assign(parts.begin(), parts.end());
    return {};
  }
  Result<std::vector<std::string>> Hashes(const std::string&) override {
    std::map<int, std::string> hashes;
    for (const ListPart& row : rows) hashes[row.shard] = row.sha256;
    std::vector<std::string> list;
    for (const auto& [shard, hash] : hashes) list.push_back(hash);
    return list;
  }
  Result<std::vector<std::string>> Share(const std::string&, int shard) override {
    std::vector<std::string> parts;
    for (const ListPart& row : rows) {
      if (row.shard == shard) parts.push_back(row.items);
    }
    return parts;
  }

  std::vector<ListPart> rows;
};

Plan PlanOf(int files, int shards) {
  Plan plan{.job_id = "job", .config = "{}", .total_workers = shards, .files = {}};
  std::mt19937 random(static_cast<unsigned>(files));
  for (int i = 0; i < files; ++i) {
    PlannedFile file{{fmt::format("s3://bucket/{}/ä {}.ndjson", random() % 7, i), random()}, "tag"};
    file.last_modified = "2026-05-01T00:00:00Z";
    if (i % 5 == 1) file.item.version_id = fmt::format("v{}", i);
    if (i % 5 == 2) file.item.ranges = {{0, 10}, {20, 5}};
    if (i % 5 == 3) file.item.length = 100;
    if (i % 10 == 2) file.item.line_set = LineSet(LineBits(fmt::format("{}", i)));
    if (i % 5 >= 2) file.item.etag = "tag";
    if (i % 5 == 4) file.item.key_path = fmt::format("s3://bucket/first {}.ndjson", i);
    plan.files.push_back(std::move(file));
  }
  return plan;
}

std::vector<FileItem> ItemsOf(const Plan& plan) {
  std::vector<FileItem> items;
  for (const PlannedFile& file : plan.files) items.push_back(file.item);
  return items;
}

TEST(StoredList, MakesTheSameSharesPrintsAndFingerprintsAsTheListInAFile) {
  for (const auto& [files, shards] : {std::pair(1, 1), {7, 3}, {9, 9}, {12'000, 2}}) {
    for (const int begins_at : {0, files / 2}) {
      SCOPED_TRACE(testing::Message() << files << " files, " << shards << " shards, " << begins_at);
      const Plan plan = PlanOf(files, shards);
      JobConfig config;
      config.limit = 10;
      if (begins_at > 0) {
        config.start_file = plan.files[static_cast<std::size_t>(begins_at)].item.path;
      }
      Memory memory;
      const auto list = StoreList(plan, config.start_file, memory);
      ASSERT_TRUE(list) << list.error().ToString();
      JobPrinter printer(shards, config, "kafka:t");
      for (const FileItem& item : ItemsOf(plan)) printer.Add(item);
      const JobPrint print = std::move(printer).Print();
      for (int shard = 0; shard < shards; ++shard) {
        const auto share = ReadShare("job", shard, *list, config, memory);
        ASSERT_TRUE(share) << share.error().ToString();
        const Assignment wanted = AssignmentOf("job", shard, shards, ItemsOf(plan), config);
        EXPECT_EQ(share->files, wanted.files);
        EXPECT_EQ(share->limit, wanted.limit);
        EXPECT_EQ(share->limited, wanted.limited);
        EXPECT_EQ(share->job_files, wanted.job_files);
        EXPECT_EQ(share->listed_files, wanted.listed_files);
        const JobPrint own = PrintOfShare(*share, list->list, config, "kafka:t");
        EXPECT_EQ(own.text, print.text);
        const auto at = static_cast<std::size_t>(shard);
        EXPECT_EQ(own.shards[at], print.shards[at]);
      }
    }
  }
}

TEST(StoredList, RequiresOfItsWorkersWhatItsItemsUse) {
  EXPECT_THAT(RequirementsOf({}, PlanOf(2, 1).files), testing::IsEmpty());
  EXPECT_THAT(RequirementsOf({}, PlanOf(3, 1).files), testing::ElementsAre("line_set"));
}

TEST(StoredList, ThatWasChangedOrLostIsNotRead) {
  Memory memory;
  const auto list = StoreList(PlanOf(12'000, 2), {}, memory);
  ASSERT_TRUE(list);
  const auto rows = memory.rows;
  ASSERT_EQ(rows.size(), 4u);
  const auto refused = [&](int shard) {
    const auto share = ReadShare("job", shard, *list, {}, memory);
    return !share && share.error().code == Code::kConflict;
  };
  memory.rows[1].items.back() ^= 1;
  EXPECT_TRUE(refused(0));
  EXPECT_FALSE(refused(1)) << "whose share is whole";
  memory.rows = rows;
  memory.rows.pop_back();
  EXPECT_TRUE(refused(1));
  memory.rows = rows;
  memory.rows[3].sha256 = memory.rows[2].sha256 = std::string(64, '0');
  EXPECT_TRUE(refused(0)) << "the lists of the others are not the one that was planned";
  memory.rows.clear();
  EXPECT_TRUE(refused(0));
}

TEST(StoredList, APathThatJsonCannotHoldIsRefusedByName) {
  Memory memory;
  Plan plan = PlanOf(3, 1);
  plan.files.push_back({{"/in/\xFF.ndjson", 1}, "tag"});
  const auto list = StoreList(plan, {}, memory);
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().what, HasSubstr("no UTF-8"));
  EXPECT_FALSE(ListTextOf(plan));
}

}  // namespace
}  // namespace reprocess
