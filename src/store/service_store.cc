#include "store/service_store.h"

#include <mutex>

#include <fmt/format.h>

#include "store/columns.h"

namespace reprocess {

template <MaybeConst<AuditRow> A, class Visitor>
void VisitColumns(A& row, Visitor&& visit) {
  visit("at_ms", row.at_ms, Role::kSpecial);
  visit("id", row.id, Role::kOnce);
  visit("who", row.who, Role::kOnce);
  visit("from_address", row.from, Role::kOnce);
  visit("verb", row.verb, Role::kOnce);
  visit("job_id", OrNull{row.job_id}, Role::kOnce);
  visit("reason", OrNull{row.reason}, Role::kOnce);
  visit("before_text", OrNull{row.before}, Role::kOnce);
  visit("after_text", OrNull{row.after}, Role::kOnce);
  visit("request_id", row.request_id, Role::kOnce);
  visit("status", row.status, Role::kOnce);
}

namespace {

class ServiceStoreImpl final : public ServiceStore {
 public:
  ServiceStoreImpl(std::unique_ptr<Session> session, Schema schema)
      : session_(std::move(session)), schema_(std::move(schema)) {}

  Result<void> Append(const AuditRow& row) override;
  Result<std::vector<AuditRow>> Audit(const std::string& job_id,
                                      const std::optional<AuditCursor>& before, int most) override;
  Result<void> StoreSession(const std::string& hash, const SessionRow& row) override;
  Result<std::optional<SessionRow>> FindSession(const std::string& hash) override;
  Result<void> EndSession(const std::string& hash) override;
  Result<std::optional<KeptAnswer>> BeginCall(const std::string& key_hash,
                                              const std::string& body_hash, Milliseconds life,
                                              Milliseconds most) override;
  Result<void> EndCall(const std::string& key_hash, const KeptAnswer& answer) override;
  Result<void> ForgetCall(const std::string& key_hash) override;

 private:
  Result<void> MustHave(std::string_view table) const {
    if (schema_.Has(table)) return {};
    return std::unexpected(NoTables(fmt::format(
        "use reprocessing_{}: the table is missing, and this user may not make it", table)));
  }
  Result<KeptAnswer> SelectCall(const std::string& key_hash);
  std::string_view Now() const { return session_->dialect().now_ms; }

  std::mutex mutex_;
  std::unique_ptr<Session> session_;
  const Schema schema_;
};

Result<void> ServiceStoreImpl::Append(const AuditRow& row) {
  TRY_OK(MustHave("audit"));
  const std::scoped_lock lock(mutex_);
  const std::vector<Arg> args = ArgsOf(row, Role::kOnce);
  std::string names, values;
  for (const Arg& arg : args) {
    names += ", " + arg.name;
    values += ", :" + arg.name;
  }
  TRY_OK(session_->Execute(
      fmt::format("INSERT INTO reprocessing_audit (at_ms{}) VALUES ({}{})", names, Now(), values),
      args));
  return {};
}

Result<std::vector<AuditRow>> ServiceStoreImpl::Audit(const std::string& job_id,
                                                      const std::optional<AuditCursor>& before,
                                                      int most) {
  TRY_OK(MustHave("audit"));
  const std::scoped_lock lock(mutex_);
  const auto& columns = ColumnsOf<AuditRow>();
  std::vector<Arg> args = {{"most", most}};
  std::string where;
  if (!job_id.empty()) {
    where += " AND job_id = :job";
    args.emplace_back("job", Escape(job_id));
  }
  if (before) {
    where += " AND (at_ms, id) < (:at, :id)";
    args.emplace_back("at", before->at_ms);
    args.emplace_back("id", before->id);
  }
  TRY(const auto rows,
      session_->Select(fmt::format("SELECT {} FROM reprocessing_audit WHERE 1 = 1{} "
                                   "ORDER BY at_ms DESC, id DESC LIMIT :most",
                                   NamesOf(columns), where),
                       columns.size(), std::move(args)));
  std::vector<AuditRow> found;
  for (const Row& row : rows) found.push_back(ReadRow<AuditRow>(row));
  return found;
}

Result<void> ServiceStoreImpl::StoreSession(const std::string& hash, const SessionRow& row) {
  TRY_OK(MustHave("sessions"));
  const std::scoped_lock lock(mutex_);
  TRY_OK(session_->Execute(
      fmt::format("DELETE FROM reprocessing_sessions WHERE expires_ms < {}", Now())));
  TRY_OK(session_->Execute(
      fmt::format("INSERT INTO reprocessing_sessions (hash, who, operates, expires_ms) "
                  "VALUES (:hash, :who, :operates, {} + :left)",
                  Now()),
      {{"hash", hash},
       {"who", Escape(row.who)},
       {"operates", row.operates ? 1 : 0},
       {"left", row.left.count()}}));
  return {};
}

Result<std::optional<SessionRow>> ServiceStoreImpl::FindSession(const std::string& hash) {
  TRY_OK(MustHave("sessions"));
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows, session_->Select(fmt::format("SELECT who, operates, expires_ms - {0} "
                                                    "FROM reprocessing_sessions "
                                                    "WHERE hash = :hash AND expires_ms > {0}",
                                                    Now()),
                                        3, {{"hash", hash}}));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  return SessionRow{Unescape(row.Text(0)), row.Number(1) != 0, Milliseconds(row.Number(2))};
}

Result<void> ServiceStoreImpl::EndSession(const std::string& hash) {
  TRY_OK(MustHave("sessions"));
  const std::scoped_lock lock(mutex_);
  TRY_OK(
      session_->Execute("DELETE FROM reprocessing_sessions WHERE hash = :hash", {{"hash", hash}}));
  return {};
}

Result<std::optional<KeptAnswer>> ServiceStoreImpl::BeginCall(const std::string& key_hash,
                                                              const std::string& body_hash,
                                                              Milliseconds life,
                                                              Milliseconds most) {
  TRY_OK(MustHave("idempotency"));
  const std::scoped_lock lock(mutex_);
  std::optional<KeptAnswer> kept;
  const auto done = session_->InTransaction([&]() -> Result<void> {
    TRY_OK(session_->Execute(
        fmt::format("DELETE FROM reprocessing_idempotency WHERE began_ms < {0} - :life "
                    "OR (key_hash = :key AND status IS NULL AND began_ms < {0} - :most)",
                    Now()),
        {{"life", life.count()}, {"key", key_hash}, {"most", most.count()}}));
    TRY(const auto begun,
        session_->Execute(fmt::format("INSERT INTO reprocessing_idempotency "
                                      "(key_hash, body_hash, began_ms) VALUES (:key, :body, {}) "
                                      "ON CONFLICT (key_hash) DO NOTHING",
                                      Now()),
                          {{"key", key_hash}, {"body", body_hash}}));
    if (begun == 1) return {};
    TRY(kept, SelectCall(key_hash));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return kept;
}

// One that was forgotten this moment is as if it were under way.
Result<KeptAnswer> ServiceStoreImpl::SelectCall(const std::string& key_hash) {
  TRY(const auto rows,
      session_->Select("SELECT body_hash, status, body, location FROM reprocessing_idempotency "
                       "WHERE key_hash = :key",
                       4, {{"key", key_hash}}));
  KeptAnswer kept;
  if (rows.empty()) return kept;
  const Row& row = rows.front();
  kept.body_hash = row.Text(0);
  if (!row.IsNull(1)) kept.status = static_cast<int>(row.Number(1));
  kept.body = Unescape(row.Text(2));
  kept.location = Unescape(row.Text(3));
  return kept;
}

Result<void> ServiceStoreImpl::EndCall(const std::string& key_hash, const KeptAnswer& answer) {
  TRY_OK(MustHave("idempotency"));
  const std::scoped_lock lock(mutex_);
  TRY_OK(
      session_->Execute("UPDATE reprocessing_idempotency SET status = :status, body = :body, "
                        "location = :location WHERE key_hash = :key",
                        {{"status", answer.status.value_or(0)},
                         {"body", Escape(answer.body)},
                         {"location", Escape(answer.location)},
                         {"key", key_hash}}));
  return {};
}

Result<void> ServiceStoreImpl::ForgetCall(const std::string& key_hash) {
  TRY_OK(MustHave("idempotency"));
  const std::scoped_lock lock(mutex_);
  TRY_OK(session_->Execute("DELETE FROM reprocessing_idempotency WHERE key_hash = :key",
                           {{"key", key_hash}}));
  return {};
}

}  // namespace

std::unique_ptr<ServiceStore> MakeServiceStore(std::unique_ptr<Session> session, Schema schema) {
  return std::make_unique<ServiceStoreImpl>(std::move(session), std::move(schema));
}

}  // namespace reprocess
