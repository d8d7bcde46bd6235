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
  Result<std::optional<KeptAnswer>> FindCall(const std::string& key_hash,
                                             Milliseconds life) override;
  Result<void> KeepAnswer(const std::string& key_hash, const KeptAnswer& answer) override;

 private:
  Result<void> MustHave(std::string_view table) const {
    if (schema_.Has(table)) return {};
    return std::unexpected(NoTables(fmt::format(
        "use reprocessing_{}: the table is missing, and this user may not make it", table)));
  }
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
  std::vector<Arg> args = {{"most", most}, {"unknown", AuditRow::kUnknown}};
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
      session_->Select(fmt::format("SELECT {} FROM reprocessing_audit a WHERE (status <> :unknown "
                                   "OR NOT EXISTS (SELECT 1 FROM reprocessing_audit o WHERE "
                                   "o.request_id = a.request_id AND o.status <> :unknown)){} "
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

Result<std::optional<KeptAnswer>> ServiceStoreImpl::FindCall(const std::string& key_hash,
                                                             Milliseconds life) {
  TRY_OK(MustHave("idempotency"));
  const std::scoped_lock lock(mutex_);
  const std::string_view job = schema_.Has("idempotency", "job_id") ? "job_id" : "NULL";
  TRY_OK(session_->Execute(
      fmt::format("DELETE FROM reprocessing_idempotency WHERE began_ms < {} - :life", Now()),
      {{"life", life.count()}}));
  TRY(const auto rows,
      session_->Select(fmt::format("SELECT body_hash, status, body, location, {0} "
                                   "FROM reprocessing_idempotency WHERE key_hash = :key "
                                   "AND (status IS NOT NULL OR {0} IS NOT NULL)",
                                   job),
                       5, {{"key", key_hash}}));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  KeptAnswer kept{.body_hash = row.Text(0),
                  .job_id = row.Text(4),
                  .body = Unescape(row.Text(2)),
                  .location = Unescape(row.Text(3))};
  if (!row.IsNull(1)) kept.status = static_cast<int>(row.Number(1));
  return kept;
}

Result<void> ServiceStoreImpl::KeepAnswer(const std::string& key_hash, const KeptAnswer& answer) {
  TRY_OK(MustHave("idempotency"));
  const std::scoped_lock lock(mutex_);
  TRY_OK(session_->Execute(
      fmt::format("INSERT INTO reprocessing_idempotency "
                  "(key_hash, body_hash, began_ms, status, body, location) "
                  "VALUES (:key, :body_hash, {}, :status, :body, :location) "
                  "ON CONFLICT (key_hash) DO UPDATE SET status = excluded.status, "
                  "body = excluded.body, location = excluded.location "
                  "WHERE reprocessing_idempotency.body_hash = excluded.body_hash",
                  Now()),
      {{"key", key_hash},
       {"body_hash", answer.body_hash},
       {"status", answer.status.value_or(0)},
       {"body", Escape(answer.body)},
       {"location", Escape(answer.location)}}));
  return {};
}

}  // namespace

std::unique_ptr<ServiceStore> MakeServiceStore(std::unique_ptr<Session> session, Schema schema) {
  return std::make_unique<ServiceStoreImpl>(std::move(session), std::move(schema));
}

}  // namespace reprocess
