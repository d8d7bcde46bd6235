// What the operator's service keeps: acts, sessions, and answers under keys.
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"
#include "store/service_store.h"

namespace reprocess {
namespace {

using testing::ElementsAre;

constexpr Milliseconds kDay = std::chrono::hours(24);

class ServiceContract : public StoresContract {
 protected:
  void SetUp() override {
    StoresContract::SetUp();
    store_ = (*Database::Open(database_.url(), Database::Use::kWork))->NewServiceStore();
  }
  void Do(const std::string& id, const std::string& job) {
    ASSERT_OK(store_->Append({.id = id,
                              .who = "ann\xff",
                              .from = "::1",
                              .verb = "pause",
                              .job_id = job,
                              .reason = "it's \\ live",
                              .request_id = id,
                              .status = 200}));
  }
  std::vector<std::string> Ids(const std::string& job, std::optional<AuditCursor> before = {}) {
    std::vector<std::string> ids;
    const std::vector<AuditRow> rows = *store_->Audit(job, before, 2);
    for (const AuditRow& row : rows) ids.push_back(row.id);
    return ids;
  }
  std::unique_ptr<ServiceStore> store_;
};

TEST_P(ServiceContract, ActsAreReadNewestFirstAndInPages) {
  for (const char* id : {"1", "2", "3"}) Do(id, "job");
  Do("4", "other");
  EXPECT_THAT(Ids("job"), ElementsAre("3", "2"));
  const AuditRow last = store_->Audit("job", {}, 2)->back();
  EXPECT_EQ(last.who, "ann\xff");
  EXPECT_EQ(last.reason, "it's \\ live");
  EXPECT_THAT(Ids("job", AuditCursor{last.at_ms, last.id}), ElementsAre("1"));
  EXPECT_THAT(Ids(""), ElementsAre("4", "3"));
}

TEST_P(ServiceContract, ASessionIsFoundUntilItExpiresOrIsEnded) {
  ASSERT_OK(store_->StoreSession("hash", {"ann", true, kDay}));
  const auto found = store_->FindSession("hash");
  ASSERT_OK(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->who, "ann");
  EXPECT_TRUE((*found)->operates);
  EXPECT_LE((*found)->left, kDay);
  EXPECT_FALSE(*store_->FindSession("another"));
  ASSERT_OK(store_->EndSession("hash"));
  EXPECT_FALSE(*store_->FindSession("hash"));
}

TEST_P(ServiceContract, AnExpiredSessionIsNoneAndIsForgotten) {
  ASSERT_OK(store_->StoreSession("old", {"ann", true, Milliseconds(-1)}));
  EXPECT_FALSE(*store_->FindSession("old"));
  ASSERT_OK(store_->StoreSession("new", {"ann", true, kDay}));
  EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_sessions"), "1");
}

TEST_P(ServiceContract, AnActWithoutAnOutcomeIsShownUntilItHasOne) {
  const auto act = [&](const char* id, int status) {
    ASSERT_OK(store_->Append(
        {.id = id, .who = "ann", .verb = "pause", .request_id = "r", .status = status}));
  };
  act("1", AuditRow::kUnknown);
  EXPECT_THAT(Ids(""), ElementsAre("1"));
  act("2", 200);
  EXPECT_THAT(Ids(""), ElementsAre("2"));
  EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_audit"), "2") << "nothing is changed";
}

TEST_P(ServiceContract, AnAnswerIsKeptUnderItsKeyForItsLife) {
  EXPECT_EQ(*store_->FindCall("k", kDay), std::nullopt);
  ASSERT_OK(store_->KeepAnswer(
      "k", {.body_hash = "body", .status = 201, .body = "{\"a\":\"\xff\"}", .location = "/x"}));
  const auto kept = store_->FindCall("k", kDay);
  ASSERT_TRUE(*kept);
  EXPECT_EQ((*kept)->body_hash, "body");
  EXPECT_EQ((*kept)->status, 201);
  EXPECT_EQ((*kept)->body, "{\"a\":\"\xff\"}");
  EXPECT_EQ((*kept)->location, "/x");
  EXPECT_EQ(*store_->FindCall("k", Milliseconds(-1)), std::nullopt);
}

TEST_P(ServiceContract, AKeyIsStoredWithTheJobThatItsCallMakesOrNeitherIs) {
  const auto queries = OpenQueryObject();
  const auto made = [&](const char* job) {
    Plan plan{.job_id = job, .config = "{}", .files = {}, .begun = Begun::kNot};
    plan.call = {"k", "body"};
    return queries->StorePlan(plan);
  };
  ASSERT_OK(made("one"));
  EXPECT_FALSE(made("other"));
  EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_jobs WHERE id = 'other'"), "0");
  const auto kept = store_->FindCall("k", kDay);
  ASSERT_TRUE(*kept);
  EXPECT_EQ((*kept)->job_id, "one");
  EXPECT_EQ((*kept)->status, std::nullopt);
  ASSERT_OK(store_->KeepAnswer("k", {.body_hash = "body", .status = 200, .body = "{}"}));
  EXPECT_EQ((*store_->FindCall("k", kDay))->status, 200);
}

TEST_P(ServiceContract, APlanThatIsForgottenLeavesNothingAndOneThatHasBegunStays) {
  const auto queries = OpenQueryObject();
  PlannedFile file{.item = {"/in/a", 1, ""}, .version_tag = "v"};
  Plan plan{.job_id = "plan", .config = "{}", .files = {}, .begun = Begun::kNot};
  plan.files.push_back(file);
  plan.shares = {{1, 1}};
  plan.call = {"k", "body"};
  ASSERT_OK(queries->StorePlan(plan));
  EXPECT_EQ(*queries->ForgetPlan("plan"), true);
  EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_jobs WHERE id = 'plan'"), "0");
  for (const std::string table : {"workers", "files", "idempotency"}) {
    EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_" + table + " WHERE job_id = 'plan'"), "0")
        << table;
  }
  EXPECT_EQ(*queries->ForgetPlan("plan"), false);
  ASSERT_OK(queries->StorePlan(plan));
  ASSERT_OK(queries->TakeUpPlan("plan", "{}"));
  EXPECT_EQ(*queries->ForgetPlan("plan"), false);
  EXPECT_OK(queries->Job("plan"));
}

INSTANTIATE_TEST_SUITE_P(Backends, ServiceContract,
                         testing::Values(Backend::kPostgres, Backend::kSqlite),
                         [](const auto& over) {
                           return over.param == Backend::kPostgres ? "Postgres" : "Sqlite";
                         });

}  // namespace
}  // namespace reprocess
