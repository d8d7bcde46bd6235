#include "plan/plan_hash.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;

Plan TwoFiles() {
  Plan plan{.job_id = "job",
            .config = R"({"limit":5,"destination":{"kind":"none"}})",
            .total_workers = 2,
            .files = {}};
  plan.files.push_back({{"/a.ndjson", 10}, "tag a"});
  plan.files.push_back({{"/b.ndjson", 20}, "tag b"});
  return plan;
}

void Change(Plan& plan, std::size_t at, const std::function<void(PlannedFile&)>& change) {
  PlannedFile file = plan.files[at];
  change(file);
  plan.files.Replace(at, file);
}

TEST(PlanHash, IsOfWhatIsDoneAndNotOfTheJobsName) {
  const std::string hash = PlanHashOf(TwoFiles());
  EXPECT_EQ(hash.size(), 64u);
  Plan same = TwoFiles();
  same.job_id = "other";
  Change(same, 0, [](PlannedFile& file) {
    file.state = FileState::kDone;
    file.last_modified = "2026-05-01T00:00:00Z";
  });
  EXPECT_EQ(PlanHashOf(same), hash);
}

TEST(PlanHash, IsTheSameHoweverADatabaseWritesTheConfiguration) {
  Plan stored = TwoFiles();
  stored.config = R"({"destination": {"kind": "none"}, "limit": 5})";
  EXPECT_EQ(PlanHashOf(stored), PlanHashOf(TwoFiles()));
  EXPECT_EQ(PlanDifferences(stored, TwoFiles()), "");
}

TEST(PlanHash, ChangesWithAllThatMattersAndTheDifferenceIsNamed) {
  const struct {
    std::function<void(Plan&)> change;
    std::string named;
  } kRows[] = {
      {[](Plan& plan) { plan.total_workers = 3; }, "workers (2, now 3)"},
      {[](Plan& plan) { plan.config = R"({"destination":{"kind":"none"}})"; },
       "limit (5, now unset)"},
      {[](Plan& plan) { plan.files.Pick(std::vector<std::size_t>{1, 0}); },
       "files (2, now 2; the first that differs is /b.ndjson)"},
      {[](Plan& plan) { Change(plan, 1, [](PlannedFile& file) { file.item.size = 21; }); },
       "differs is /b.ndjson"},
      {[](Plan& plan) { Change(plan, 1, [](PlannedFile& file) { file.version_tag = "tag c"; }); },
       "differs is /b.ndjson"},
      {[](Plan& plan) { Change(plan, 1, [](PlannedFile& file) { file.item.length = 9; }); },
       "differs is /b.ndjson"},
      {[](Plan& plan) { plan.files.Pick(std::vector<std::size_t>{0}); },
       "files (2, now 1; the first that differs is"},
  };
  for (const auto& row : kRows) {
    Plan now = TwoFiles();
    row.change(now);
    EXPECT_NE(PlanHashOf(now), PlanHashOf(TwoFiles())) << row.named;
    EXPECT_THAT(PlanDifferences(TwoFiles(), now), HasSubstr(row.named));
  }
}

}  // namespace
}  // namespace reprocess
