#include "store/submissions.h"

#include <mutex>

#include <fmt/format.h>

#include "model/failure_kind.h"
#include "store/columns.h"
#include "store/control_row.h"

namespace reprocess {

template <MaybeConst<Submission> S, class Visitor>
void VisitColumns(S& submission, Visitor&& visit) {
  visit("job_id", submission.job_id, Role::kKey);
  visit("cluster", submission.cluster, Role::kReplaced);
  visit("namespace", submission.name_space, Role::kReplaced);
  visit("job_uid", submission.job_uid, Role::kOnce);
  visit("generation", submission.generation, Role::kSpecial);
  visit("parallelism", submission.parallelism, Role::kReplaced);
  visit("suspended", submission.suspended, Role::kReplaced);
  visit("plan_hash", OrNull{submission.plan_hash}, Role::kReplaced);
  visit("options", submission.options, Role::kReplaced);
  visit("submitted_by", submission.submitted_by, Role::kReplaced);
  visit("reason", OrNull{submission.reason}, Role::kReplaced);
  visit("phase", OrNull{submission.phase}, Role::kReplaced);
  visit("submitted_at", submission.submitted_at, Role::kSpecial);
  visit("ended_at", submission.ended_at, Role::kSpecial);
}

namespace {

std::unexpected<Error> Taken(const std::string& job_id) {
  return std::unexpected(Error{.remedy = Remedy::kFenced,
                               .what = "submit the job: somebody else has taken it over",
                               .where = job_id,
                               .hint = "",
                               .code = Code::kConflict});
}

// A job that `reprocess run` has begun ends by its own workers.
std::string NotRunHere(const Dialect& dialect) {
  return fmt::format("COALESCE({}, '') <> 'reprocessing-worker'", dialect.made_by);
}

class SubmissionsImpl final : public Submissions {
 public:
  SubmissionsImpl(std::unique_ptr<Session> session, Schema schema)
      : session_(std::move(session)), schema_(std::move(schema)) {}

  Result<Submission> Begin(const Submission& wanted, Take take) override;
  Result<void> Change(const std::string& job_id, std::uint64_t generation,
                      const SubmissionChange& change) override;
  Result<void> MarkRunning(const std::string& job_id, std::uint64_t generation,
                           const std::string& kubernetes_name) override;
  Result<void> MarkFailed(const std::string& job_id, std::uint64_t generation,
                          const std::string& error) override;
  Result<std::optional<Submission>> Cancel(const std::string& job_id) override;
  Result<void> CancelFailed(const std::string& job_id) override;
  Result<bool> IsCancelled(const std::string& job_id) override;
  Result<std::optional<Submission>> Find(const std::string& job_id) override;
  Result<std::vector<Submission>> Unended(const std::string& cluster,
                                          const std::string& name_space) override;

 private:
  Result<void> Available() const {
    if (schema_.Has("submissions")) return {};
    return std::unexpected(NoTables(
        "use reprocessing_submissions: the table is missing, and this user may not make it"));
  }
  Result<void> ChangeJob(const std::string& job_id, std::uint64_t generation, std::string_view set,
                         std::vector<Arg> args);
  Result<void> LockJob(const std::string& job_id, Take take);
  Result<void> Reopen(const std::string& job_id);
  Result<void> PutRow(const Submission& wanted);
  Result<std::vector<Submission>> Select(std::string_view where, std::vector<Arg> args);
  Result<std::optional<Submission>> SelectOne(const std::string& job_id);
  Result<std::string> StatusOf(const std::string& job_id);

  std::mutex mutex_;
  std::unique_ptr<Session> session_;
  const Schema schema_;
};

// Whoever takes the job over locks its row first, so that they come one after the other.
Result<void> SubmissionsImpl::LockJob(const std::string& job_id, Take take) {
  TRY(const auto locked,
      session_->Execute(
          fmt::format("UPDATE reprocessing_jobs SET status = status WHERE id = :job "
                      "AND {} AND status IN ('pending', 'running'{})",
                      NotRunHere(session_->dialect()), take == Take::kFailed ? ", 'failed'" : ""),
          {{"job", job_id}}));
  TRY(const std::string status, StatusOf(job_id));
  if (locked > 0) return status == "failed" ? Reopen(job_id) : Result<void>();
  if (status == "pending" || status == "running") {
    return Fatal("submit the job: `reprocess run` has begun it", job_id,
                 "go on with it there: reprocess run --job", Code::kConflict);
  }
  return Fatal(fmt::format("submit the job: it is {} already", status), job_id,
               status == "cancelled" ? "that is final: plan a new job"
                                     : "`reprocess resume` goes on with a job that has work left",
               Code::kConflict);
}

// Whoever comes after the first finds it pending, and the Job that the first one makes.
Result<void> SubmissionsImpl::Reopen(const std::string& job_id) {
  TRY_OK(
      session_->Execute("UPDATE reprocessing_jobs SET status = 'pending', error = NULL, "
                        "completed_at = NULL WHERE id = :job",
                        {{"job", job_id}}));
  TRY_OK(session_->Execute("UPDATE reprocessing_submissions SET job_uid = '' WHERE job_id = :job",
                           {{"job", job_id}}));
  // Whoever lets it go on has mended what workers failed for.
  TRY_OK(
      session_->Execute("UPDATE reprocessing_workers SET status = 'pending', error = NULL, "
                        "completed_at = NULL WHERE job_id = :job AND status = 'failed' "
                        "AND error LIKE :for_good",
                        {{"job", job_id}, {"for_good", std::string(kForGood) + "%"}}));
  return {};
}

Result<std::string> SubmissionsImpl::StatusOf(const std::string& job_id) {
  TRY(const auto rows, session_->Select("SELECT status FROM reprocessing_jobs WHERE id = :job", 1,
                                        {{"job", job_id}}));
  if (!rows.empty()) return rows.front().Text(0);
  return Fatal("find the job: no such job in this database", job_id,
               "`reprocess status` lists the jobs", Code::kNotFound);
}

// Nothing is left behind elsewhere: a submission under way moves to no other place.
Result<void> SubmissionsImpl::PutRow(const Submission& wanted) {
  const auto& columns = ColumnsOf<Submission>();
  std::vector<Arg> args = ArgsOf(wanted, Role::kReplaced);
  args.emplace_back("job_id", wanted.job_id);
  TRY(const auto made,
      session_->Execute(
          fmt::format(
              "INSERT INTO reprocessing_submissions ({}) VALUES (:job_id, :cluster, :namespace, "
              "'', 1, :parallelism, :suspended, :plan_hash, :options, :submitted_by, :reason, "
              ":phase, {}, NULL) ON CONFLICT (job_id) DO UPDATE SET {}, ended_at = NULL, "
              "generation = reprocessing_submissions.generation + 1 "
              "WHERE reprocessing_submissions.ended_at IS NOT NULL "
              "OR (reprocessing_submissions.cluster = excluded.cluster "
              "AND reprocessing_submissions.namespace = excluded.namespace)",
              NamesOf(columns), session_->dialect().now, ReplacedOf(columns)),
          args));
  if (made > 0) return {};
  TRY(const auto there, SelectOne(wanted.job_id));
  return Fatal(
      fmt::format("submit the job: it was submitted to name space {} of {} cluster",
                  there->name_space, there->cluster == wanted.cluster ? "this" : "another"),
      wanted.job_id, "go on there, or `reprocess cancel` it", Code::kConflict);
}

Result<Submission> SubmissionsImpl::Begin(const Submission& wanted, Take take) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  std::optional<Submission> taken;
  const auto done = session_->InTransaction([&]() -> Result<void> {
    TRY_OK(LockJob(wanted.job_id, take));
    TRY_OK(PutRow(wanted));
    TRY(taken, SelectOne(wanted.job_id));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return *std::move(taken);
}

Result<void> SubmissionsImpl::Change(const std::string& job_id, std::uint64_t generation,
                                     const SubmissionChange& change) {
  TRY_OK(Available());
  std::string set;
  std::vector<Arg> args = {{"job", job_id}, {"held", generation}};
  const auto assign = [&](const char* column, const auto& value) {
    if (!value) return;
    set += fmt::format("{}{} = :{}", set.empty() ? "" : ", ", column, column);
    args.emplace_back(std::string_view(column), ToCell::Of(*value));
  };
  assign("job_uid", change.job_uid);
  assign("phase", change.phase);
  assign("parallelism", change.parallelism);
  assign("suspended", change.suspended);
  const std::scoped_lock lock(mutex_);
  if (change.ended) {
    set += fmt::format("{}ended_at = COALESCE(ended_at, {})", set.empty() ? "" : ", ",
                       session_->dialect().now);
  }
  if (set.empty()) return {};
  TRY(const auto changed,
      session_->Execute(fmt::format("UPDATE reprocessing_submissions SET {} WHERE job_id = :job "
                                    "AND generation = :held",
                                    set),
                        args));
  return changed == 0 ? Taken(job_id) : Result<void>();
}

// The job's row is locked before the generation is looked at, as Begin and Cancel lock it before
// they raise it.
Result<void> SubmissionsImpl::ChangeJob(const std::string& job_id, std::uint64_t generation,
                                        std::string_view set, std::vector<Arg> args) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  args.emplace_back("job", job_id);
  return session_->InTransaction([&]() -> Result<void> {
    TRY(const auto changed,
        session_->Execute(fmt::format("UPDATE reprocessing_jobs SET {} WHERE id = :job "
                                      "AND status IN ('pending', 'running') AND {}",
                                      set, NotRunHere(session_->dialect())),
                          args));
    TRY(const auto row, SelectOne(job_id));
    if (changed == 0 || !row || row->generation != generation) return Taken(job_id);
    return {};
  });
}

Result<void> SubmissionsImpl::MarkRunning(const std::string& job_id, std::uint64_t generation,
                                          const std::string& kubernetes_name) {
  return ChangeJob(job_id, generation,
                   fmt::format("status = 'running', k8s_job_name = :name, error = NULL, "
                               "started_at = COALESCE(started_at, {})",
                               session_->dialect().now),
                   {{"name", kubernetes_name}});
}

Result<void> SubmissionsImpl::MarkFailed(const std::string& job_id, std::uint64_t generation,
                                         const std::string& error) {
  TRY_OK(Change(job_id, generation, {.suspended = true}));
  return ChangeJob(
      job_id, generation,
      fmt::format("status = 'failed', error = :error, completed_at = {}", session_->dialect().now),
      {{"error", Escape(error)}});
}

Result<std::optional<Submission>> SubmissionsImpl::Cancel(const std::string& job_id) {
  TRY_OK(Available());
  const std::scoped_lock lock(mutex_);
  std::optional<Submission> cancelled;
  const auto done = session_->InTransaction([&]() -> Result<void> {
    TRY(const auto changed,
        session_->Execute(fmt::format("UPDATE reprocessing_jobs SET status = 'cancelled', "
                                      "completed_at = COALESCE(completed_at, {}) WHERE id = :job "
                                      "AND status IN ('pending', 'running', 'cancelled')",
                                      session_->dialect().now),
                          {{"job", job_id}}));
    if (changed == 0) {
      TRY(const std::string status, StatusOf(job_id));
      return Fatal(fmt::format("cancel the job: it has {}", status), job_id, "", Code::kConflict);
    }
    TRY_OK(
        session_->Execute("UPDATE reprocessing_submissions SET generation = generation + 1 "
                          "WHERE job_id = :job",
                          {{"job", job_id}}));
    TRY(cancelled, SelectOne(job_id));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return cancelled;
}

Result<void> SubmissionsImpl::CancelFailed(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  TRY(const auto cancelled,
      session_->Execute("UPDATE reprocessing_jobs SET status = 'cancelled', error = NULL "
                        "WHERE id = :job AND status = 'failed'",
                        {{"job", job_id}}));
  if (cancelled == 1) return {};
  return Fatal("cancel the job: it has not failed", job_id, {}, Code::kConflict);
}

Result<bool> SubmissionsImpl::IsCancelled(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  TRY(const std::string status, StatusOf(job_id));
  return status == "cancelled";
}

Result<std::vector<Submission>> SubmissionsImpl::Select(std::string_view where,
                                                        std::vector<Arg> args) {
  const auto& columns = ColumnsOf<Submission>();
  TRY(const auto rows, session_->Select(fmt::format("SELECT {} FROM reprocessing_submissions {}",
                                                    NamesWithTimes(*session_, columns), where),
                                        columns.size(), std::move(args)));
  std::vector<Submission> submissions;
  for (const Row& row : rows) submissions.push_back(ReadRow<Submission>(row));
  return submissions;
}

Result<std::optional<Submission>> SubmissionsImpl::SelectOne(const std::string& job_id) {
  TRY(auto rows, Select("WHERE job_id = :job", {{"job", job_id}}));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

Result<std::optional<Submission>> SubmissionsImpl::Find(const std::string& job_id) {
  if (!schema_.Has("submissions")) return std::nullopt;  // nobody has submitted anything
  const std::scoped_lock lock(mutex_);
  return SelectOne(job_id);
}

Result<std::vector<Submission>> SubmissionsImpl::Unended(const std::string& cluster,
                                                         const std::string& name_space) {
  if (!schema_.Has("submissions")) return std::vector<Submission>{};
  const std::scoped_lock lock(mutex_);
  std::string where = "WHERE ended_at IS NULL";
  std::vector<Arg> args;
  if (!cluster.empty()) {
    where += " AND cluster = :cluster";
    args.emplace_back("cluster", Escape(cluster));
  }
  if (!name_space.empty()) {
    where += " AND namespace = :namespace";
    args.emplace_back("namespace", Escape(name_space));
  }
  return Select(where + " ORDER BY job_id", std::move(args));
}

}  // namespace

std::unique_ptr<Submissions> MakeSubmissions(std::unique_ptr<Session> session, Schema schema) {
  return std::make_unique<SubmissionsImpl>(std::move(session), std::move(schema));
}

}  // namespace reprocess
