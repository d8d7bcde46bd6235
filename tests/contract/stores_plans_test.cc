// A job's list in shares (store/plan_lists.h).
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"
#include "store/plan_lists.h"

namespace reprocess {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PlanListsContract : public StoresContract {
 protected:
  void SetUp() override {
    StoresContract::SetUp();
    lists_ = (*Database::Open(database_.url(), Database::Use::kWork))->NewPlanLists();
  }
  std::unique_ptr<PlanLists> lists_;
};

INSTANTIATE_TEST_SUITE_P(Over, PlanListsContract,
                         ::testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& over) {
                           return over.param == Backend::kSqlite ? "Sqlite"s : "Postgres"s;
                         });

TEST_P(PlanListsContract, AListComesBackByShardAndPart) {
  const std::string big(300'000, 'a');
  const ListPart parts[] = {
      {1, 0, "c", "two"}, {0, 1, big, "one"}, {0, 0, "a", "one"}, {10, 0, "d", "ten"}};
  ASSERT_OK(lists_->Store("job", parts));
  ASSERT_OK(lists_->Store("other", std::span(parts, 1)));
  EXPECT_THAT(*lists_->Hashes("job"), ElementsAre("one", "two", "ten"));
  EXPECT_THAT(*lists_->Share("job", 0), ElementsAre("a", big));
  EXPECT_THAT(*lists_->Share("job", 1), ElementsAre("c"));
  EXPECT_THAT(*lists_->Share("job", 2), IsEmpty());
}

TEST_P(PlanListsContract, AListThatIsStoredAgainReplacesTheOneBefore) {
  const ListPart first[] = {{0, 0, "a", "1"}, {0, 1, "b", "1"}, {1, 0, "c", "2"}};
  const ListPart second[] = {{0, 0, "d", "3"}};
  ASSERT_OK(lists_->Store("job", first));
  ASSERT_OK(lists_->Store("job", second));
  EXPECT_THAT(*lists_->Hashes("job"), ElementsAre("3"));
  EXPECT_THAT(*lists_->Share("job", 0), ElementsAre("d"));
}

}  // namespace
}  // namespace reprocess
