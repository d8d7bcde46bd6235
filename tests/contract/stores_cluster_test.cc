// The lease of a cluster's jobs, and what is written under it.
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"

namespace reprocess {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

constexpr Milliseconds kLife{15'000};

class ClusterContract : public StoresContract {
 protected:
  std::unique_ptr<ClusterStore> OpenCluster() {
    auto database = Database::Open(database_.url(), Database::Use::kWork);
    EXPECT_OK(database);
    return (*database)->NewClusterStore();
  }
  void SubmitJob() {
    database_.Run(
        "INSERT INTO reprocessing_submissions (job_id, cluster, namespace, job_uid, generation, "
        "parallelism, suspended, options, submitted_by, submitted_at) "
        "VALUES ('job', 'c', 'ns', 'u', 3, 1, 0, '{}', 'me', '2026-05-01T00:00:00Z')");
  }
  void LetExpire() { database_.Run("UPDATE reprocessing_leases SET expires_ms = 1"); }
};

INSTANTIATE_TEST_SUITE_P(Over, ClusterContract,
                         ::testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& over) {
                           return over.param == Backend::kSqlite ? "Sqlite"s : "Postgres"s;
                         });

PodRow PodOf(const std::string& uid, const std::string& started) {
  return {.uid = uid,
          .job_id = "job",
          .name = "reprocess-job-2-" + uid,
          .worker_index = 2,
          .started_at = started,
          .ended_at = "2026-05-01T00:10:00Z",
          .exit_code = 137,
          .reason = "OOMKilled",
          .log = "2026-05-01T00:09:59.5Z a \\ \x01 line\n2026-05-01T00:09:59.6Z \xff\n"};
}

TEST_P(ClusterContract, ALeaseIsOnesAtATimeAndItsGenerationsGrow) {
  const auto one = OpenCluster(), two = OpenCluster();
  const auto first = one->TakeLease("c/ns", "a", kLife);
  ASSERT_OK(first);
  ASSERT_TRUE(*first);
  EXPECT_EQ((*first)->generation, 1u);
  EXPECT_EQ(*two->TakeLease("c/ns", "b", kLife), std::nullopt);
  EXPECT_TRUE(*two->TakeLease("c/other", "b", kLife));
  EXPECT_OK(one->RenewLease(**first, kLife));
  ASSERT_OK(one->ReleaseLease(**first));
  const auto second = two->TakeLease("c/ns", "b", kLife);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->generation, 2u);
}

TEST_P(ClusterContract, AHolderThatWasFrozenWritesNothingMore) {
  const auto frozen = OpenCluster(), next = OpenCluster();
  const Lease old = **frozen->TakeLease("c/ns", "a", kLife);
  ASSERT_OK(frozen->StorePod(old, PodOf("u1", "2026-05-01T00:00:00Z")));
  LetExpire();
  ASSERT_OK(frozen->RenewLease(old, kLife));  // nobody has taken it: it is still the holder
  LetExpire();
  const Lease now = **next->TakeLease("c/ns", "b", kLife);
  for (const Result<void>& write : {frozen->StorePod(old, PodOf("u2", "2026-05-01T00:00:00Z")),
                                    frozen->RenewLease(old, kLife)}) {
    ASSERT_FALSE(write);
    EXPECT_EQ(write.error().remedy, Remedy::kFenced);
  }
  ASSERT_OK(frozen->ReleaseLease(old));  // of another's lease, nothing
  ASSERT_OK(next->StorePod(now, PodOf("u3", "2026-05-01T00:00:01Z")));
  EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_pods"), "2");
}

TEST_P(ClusterContract, PodsComeBackAsTheyWereStoredOldestFirst) {
  const auto store = OpenCluster();
  const Lease lease = **store->TakeLease("c/ns", "a", kLife);
  const PodRow late = PodOf("u1", "2026-05-01T00:05:00Z");
  PodRow early = PodOf("u2", "2026-05-01T00:00:00Z");
  early.exit_code = std::nullopt;
  early.log = early.reason = "";
  ASSERT_OK(store->StorePod(lease, late));
  ASSERT_OK(store->StorePod(lease, early));
  PodRow again = late;
  again.log = "";  // told once more, when the log was gone
  ASSERT_OK(store->StorePod(lease, again));
  const auto pods = store->Pods("job");
  ASSERT_OK(pods);
  EXPECT_THAT(*pods, ElementsAre(early, late));
  EXPECT_TRUE(store->Pods("other")->empty());
}

TEST_P(ClusterContract, AJobEndsOnceAndOnlyUnderTheLease) {
  const auto store = OpenCluster();
  SubmitJob();
  const JobEnd failed{.job_id = "job", .submission = 3, .failure = "why \x01"};
  const Lease lease = **store->TakeLease("c/ns", "a", kLife);
  const auto of_another = store->EndJob({.name = "c/ns", .owner = "b", .generation = 7}, failed);
  ASSERT_FALSE(of_another);
  EXPECT_EQ(of_another.error().remedy, Remedy::kFenced);
  EXPECT_EQ(Text("SELECT status FROM reprocessing_jobs"), "running");
  ASSERT_OK(store->EndJob(lease, failed));
  ASSERT_OK(store->EndJob(lease, {.job_id = "job", .submission = 3}));
  EXPECT_EQ(Text("SELECT status FROM reprocessing_jobs"), "failed");
  EXPECT_EQ(OpenQueryObject()->Job("job")->error, "why \x01");
  EXPECT_NE(Text("SELECT completed_at FROM reprocessing_jobs"), "(null)");
}

TEST_P(ClusterContract, AJobThatWasSubmittedAgainIsNotEndedByWhoeverLookedBefore) {
  const auto store = OpenCluster();
  const Lease lease = **store->TakeLease("c/ns", "a", kLife);
  SubmitJob();
  ASSERT_OK(store->EndJob(lease, {.job_id = "job", .submission = 2, .failure = "its Job is gone"}));
  EXPECT_EQ(Text("SELECT status FROM reprocessing_jobs"), "running");
}

TEST_P(ClusterContract, APhaseIsOfOneSubmissionAndUnderTheLease) {
  const auto store = OpenCluster();
  const Lease lease = **store->TakeLease("c/ns", "a", kLife);
  SubmitJob();
  const auto note = [&] { return OpenQueryObject()->Job("job")->kubernetes; };
  ASSERT_OK(store->StorePhase(lease, {.job_id = "job", .submission = 3, .phase = "waiting"}));
  ASSERT_OK(store->StorePhase(lease, {.job_id = "job", .submission = 2, .ended = true}));
  ASSERT_TRUE(note());
  EXPECT_EQ(note()->phase, "waiting");
  EXPECT_FALSE(note()->ended) << "somebody has submitted it since";
  ASSERT_OK(store->StorePhase(lease, {.job_id = "job", .submission = 3, .ended = true}));
  EXPECT_EQ(note()->phase, "");
  EXPECT_TRUE(note()->ended);
  const Lease lost{.name = "c/ns", .owner = "b", .generation = 7};
  EXPECT_FALSE(store->StorePhase(lost, {.job_id = "job", .submission = 3, .phase = "x"}));
}

}  // namespace
}  // namespace reprocess
