#include "store/cluster_store.h"

#include <mutex>

#include <fmt/format.h>

#include "store/cluster_store_impl.h"
#include "store/columns.h"

namespace reprocess {

template <MaybeConst<PodRow> P, class Visitor>
void VisitColumns(P& pod, Visitor&& visit) {
  visit("uid", pod.uid, Role::kKey);
  visit("job_id", pod.job_id, Role::kReplaced);
  visit("name", pod.name, Role::kReplaced);
  visit("worker_index", pod.worker_index, Role::kReplaced);
  visit("started_at", OrNull{pod.started_at}, Role::kReplaced);
  visit("ended_at", OrNull{pod.ended_at}, Role::kReplaced);
  visit("exit_code", pod.exit_code, Role::kReplaced);
  visit("reason", OrNull{pod.reason}, Role::kReplaced);
  visit("log", OrNull{pod.log}, Role::kSpecial);
}

namespace {

constexpr std::string_view kHeld =
    "EXISTS (SELECT 1 FROM reprocessing_leases WHERE name = :lease AND generation = :held)";

Error LeaseLost(const Lease& lease) {
  return {.remedy = Remedy::kFenced,
          .what = "write as the cluster's reconciler: another has taken the lease",
          .where = lease.name,
          .hint = "",
          .code = Code::kConflict};
}

// "CAST(:a AS TEXT), …": what a SELECT makes of parameters has no type of its own.
std::string CastValues(const std::vector<Column>& columns) {
  std::string list;
  for (const Column& column : columns) {
    list += fmt::format("{}CAST(:{} AS {})", list.empty() ? "" : ", ", column.name,
                        column.number ? "BIGINT" : "TEXT");
  }
  return list;
}

std::vector<Arg> Under(const Lease& lease, std::vector<Arg> args) {
  return Joined(std::move(args), {{"lease", lease.name}, {"held", lease.generation}});
}

template <class R>
std::vector<Arg> ArgsOf(const R& row) {
  std::vector<Arg> args;
  for (const Role role : {Role::kKey, Role::kReplaced, Role::kSpecial}) {
    args = Joined(std::move(args), ArgsOf(row, role));
  }
  return args;
}

class ClusterStoreImpl final : public ClusterStore {
 public:
  ClusterStoreImpl(std::unique_ptr<Session> session, Schema schema)
      : session_(std::move(session)), schema_(std::move(schema)) {}

  Result<void> Available() const override {
    if (schema_.Has("leases") && schema_.Has("pods")) return {};
    return std::unexpected(
        NoTables("keep a cluster's jobs: reprocessing_leases or reprocessing_pods is missing"));
  }

  Result<std::optional<Lease>> TakeLease(const std::string& name, const std::string& owner,
                                         Milliseconds life) override;
  Result<void> RenewLease(const Lease& lease, Milliseconds life) override {
    TRY(const auto changed,
        UpdateLease(lease, fmt::format("{} + :life", session_->dialect().now_ms), life));
    if (changed == 0) return std::unexpected(LeaseLost(lease));
    return {};
  }
  Result<void> ReleaseLease(const Lease& lease) override {
    TRY_OK(UpdateLease(lease, ":life", Milliseconds(0)));
    return {};
  }

  Result<void> StorePod(const Lease& lease, const PodRow& pod) override;
  Result<std::vector<PodRow>> Pods(const std::string& job_id) override;
  Result<void> StorePhase(const Lease& lease, const JobPhase& phase) override;
  Result<void> EndJob(const Lease& lease, const JobEnd& end) override;

 private:
  // What an UPDATE that changed no row means: no such row, or no lease.
  Result<void> MustHold(const Lease& lease) {
    TRY(const auto rows,
        session_->Select(fmt::format("SELECT 1 WHERE {}", kHeld), 1, Under(lease, {})));
    if (rows.empty()) return std::unexpected(LeaseLost(lease));
    return {};
  }
  Result<std::uint64_t> UpdateLease(const Lease& lease, std::string_view expires,
                                    Milliseconds life) {
    TRY_OK(Available());
    const std::scoped_lock lock(mutex_);
    return session_->Execute(fmt::format("UPDATE reprocessing_leases SET expires_ms = {} "
                                         "WHERE name = :lease AND generation = :held",
                                         expires),
                             Under(lease, {{"life", life.count()}}));
  }

  std::mutex mutex_;
  std::unique_ptr<Session> session_;
  const Schema schema_;
};

Result<std::optional<Lease>> ClusterStoreImpl::TakeLease(const std::string& name,
                                                         const std::string& owner,
                                                         Milliseconds life) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  TRY(const auto taken,
      session_->Execute(
          fmt::format("INSERT INTO reprocessing_leases (name, owner, generation, expires_ms) "
                      "VALUES (:name, :owner, 1, {0} + :life) ON CONFLICT (name) DO UPDATE SET "
                      "owner = excluded.owner, generation = reprocessing_leases.generation + 1, "
                      "expires_ms = excluded.expires_ms WHERE reprocessing_leases.expires_ms < {0}",
                      session_->dialect().now_ms),
          {{"name", name}, {"owner", owner}, {"life", life.count()}}));
  if (taken == 0) return std::nullopt;
  TRY(const auto rows, session_->Select("SELECT generation FROM reprocessing_leases "
                                        "WHERE name = :name AND owner = :owner",
                                        1, {{"name", name}, {"owner", owner}}));
  if (rows.empty()) return std::nullopt;
  return Lease{name, owner, rows.front().Count(0)};
}

Result<void> ClusterStoreImpl::StorePod(const Lease& lease, const PodRow& pod) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  const auto& columns = ColumnsOf<PodRow>();
  TRY(const auto stored,
      session_->Execute(
          fmt::format("INSERT INTO reprocessing_pods ({}) SELECT {} WHERE {} "
                      "ON CONFLICT (uid) DO UPDATE SET {}, "
                      "log = COALESCE(excluded.log, reprocessing_pods.log)",
                      NamesOf(columns), CastValues(columns), kHeld, ReplacedOf(columns)),
          Under(lease, ArgsOf(pod))));
  if (stored == 0) return std::unexpected(LeaseLost(lease));
  return {};
}

Result<void> ClusterStoreImpl::StorePhase(const Lease& lease, const JobPhase& phase) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  TRY(const auto changed,
      session_->Execute(
          fmt::format("UPDATE reprocessing_submissions SET phase = :phase{} WHERE job_id = :job "
                      "AND generation = :submission AND {}",
                      phase.ended ? fmt::format(", ended_at = COALESCE(ended_at, {})",
                                                session_->dialect().now)
                                  : "",
                      kHeld),
          Under(lease, {{"phase", ToCell::TextOrNull(Escape(phase.phase))},
                        {"job", phase.job_id},
                        {"submission", phase.submission}})));
  return changed > 0 ? Result<void>() : MustHold(lease);
}

// The job's row is locked before the generation is looked at, as whoever submits it again or cancels
// it locks it before they raise it.
Result<void> ClusterStoreImpl::EndJob(const Lease& lease, const JobEnd& end) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  std::uint64_t changed = 0;
  const auto done = session_->InTransaction([&]() -> Result<void> {
    TRY_OK(session_->Execute("UPDATE reprocessing_jobs SET status = status WHERE id = :job",
                             {{"job", end.job_id}}));
    TRY(changed,
        session_->Execute(
            fmt::format("UPDATE reprocessing_jobs SET status = :status, error = :error, "
                        "completed_at = {} WHERE id = :job AND status IN ('pending', 'running') "
                        "AND EXISTS (SELECT 1 FROM reprocessing_submissions "
                        "WHERE job_id = :job AND generation = :submission) AND {}",
                        session_->dialect().now, kHeld),
            Under(lease, {{"status", end.failure ? "failed" : "completed"},
                          {"error", ToCell::TextOrNull(Escape(end.failure.value_or("")))},
                          {"job", end.job_id},
                          {"submission", end.submission}})));
    return {};
  });
  if (!done) return done;
  return changed > 0 ? Result<void>() : MustHold(lease);
}

Result<std::vector<PodRow>> ClusterStoreImpl::Pods(const std::string& job_id) {
  std::vector<PodRow> pods;
  if (!schema_.Has("pods")) return pods;
  const std::scoped_lock lock(mutex_);
  const auto& columns = ColumnsOf<PodRow>();
  TRY(const auto rows,
      session_->Select(fmt::format("SELECT {} FROM reprocessing_pods WHERE job_id = :job "
                                   "ORDER BY started_at, ended_at, uid",
                                   NamesOf(columns)),
                       columns.size(), {{"job", job_id}}));
  for (const Row& row : rows) pods.push_back(ReadRow<PodRow>(row));
  return pods;
}

}  // namespace

std::unique_ptr<ClusterStore> MakeClusterStore(std::unique_ptr<Session> session, Schema schema) {
  return std::make_unique<ClusterStoreImpl>(std::move(session), std::move(schema));
}

}  // namespace reprocess
