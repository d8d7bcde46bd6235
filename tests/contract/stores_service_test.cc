// What the operator's service keeps: acts, sessions, and answers under keys.
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"
#include "store/service_store.h"

namespace reprocess {
namespace {

using testing::ElementsAre;

constexpr Milliseconds kDay = std::chrono::hours(24), kAtOnce{0};

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

TEST_P(ServiceContract, ACallUnderAKeyIsOneAndKeepsItsAnswer) {
  EXPECT_EQ(*store_->BeginCall("k", "body", kDay, kDay), std::nullopt);
  const auto meanwhile = store_->BeginCall("k", "body", kDay, kDay);
  ASSERT_TRUE(*meanwhile);
  EXPECT_EQ((*meanwhile)->status, std::nullopt);
  ASSERT_OK(store_->EndCall("k", {.status = 201, .body = "{\"a\":\"\xff\"}", .location = "/x"}));
  const auto again = store_->BeginCall("k", "other", kDay, kAtOnce);
  ASSERT_TRUE(*again);
  EXPECT_EQ((*again)->body_hash, "body");
  EXPECT_EQ((*again)->status, 201);
  EXPECT_EQ((*again)->body, "{\"a\":\"\xff\"}");
  EXPECT_EQ((*again)->location, "/x");
}

TEST_P(ServiceContract, ACallThatDiedIsTakenOverAndOneThatFailedIsForgotten) {
  EXPECT_EQ(*store_->BeginCall("k", "body", kDay, kDay), std::nullopt);
  EXPECT_EQ(*store_->BeginCall("k", "body", kDay, Milliseconds(-1)), std::nullopt);
  ASSERT_OK(store_->ForgetCall("k"));
  EXPECT_EQ(*store_->BeginCall("k", "another", kDay, kDay), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Backends, ServiceContract,
                         testing::Values(Backend::kPostgres, Backend::kSqlite),
                         [](const auto& over) {
                           return over.param == Backend::kPostgres ? "Postgres" : "Sqlite";
                         });

}  // namespace
}  // namespace reprocess
