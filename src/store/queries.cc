#include <algorithm>
#include <map>
#include <mutex>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/base_name.h"
#include "model/prefix_hash.h"
#include "store/being_sent.h"
#include "store/control_row.h"
#include "store/job_insert.h"
#include "store/job_rows.h"
#include "store/ledger_statements.h"
#include "store/line_sets.h"
#include "store/queries_impl.h"
#include "store/searches.h"
#include "store/text.h"
#include "store/verdict_row.h"
#include "store/worker_columns.h"

namespace reprocess {
namespace {

Error UnknownJob(const std::string& job_id) {
  return {.what = "find the job: no such job in this database",
          .where = job_id,
          .hint = "`reprocess status` lists the jobs",
          .code = Code::kNotFound};
}

// So many values of an `IN (…)` at the most.
constexpr std::size_t kValuesAStatement = 500;

// Makes each of `values` an arg, and names them for `IN (…)`.
std::string ListIn(std::vector<Arg>& args, const auto& values) {
  std::string names;
  for (const auto& value : values) {
    const std::string name = fmt::format("v{}", args.size());
    names += (names.empty() ? ":" : ", :") + name;
    args.emplace_back(name, std::string(value));
  }
  return names;
}

// Which jobs a page has, of jobs `j`, and in which order; with args of theirs.
std::string Picked(const JobPick& pick, std::vector<Arg>& args) {
  constexpr std::string_view kAfter =
      "(SELECT a.created_at FROM reprocessing_jobs a WHERE a.id = :after)";
  std::string where = "WHERE 1 = 1";
  args.emplace_back("most", pick.most);
  if (!pick.status.empty()) {
    where += " AND j.status = :status";
    args.emplace_back("status", pick.status);
  }
  if (!pick.after.empty()) {
    where +=
        fmt::format(" AND (j.created_at < {0} OR (j.created_at = {0} AND j.id > :after))", kAfter);
    args.emplace_back("after", pick.after);
  }
  return where;
}

// `shards`: by index.
bool HasPassed(const std::vector<ShardSummary>& shards, int shard, int list_position) {
  const auto found = std::ranges::lower_bound(shards, shard, {}, &ShardSummary::index);
  return found != shards.end() && found->index == shard && found->checkpoint &&
         (found->checkpoint->state != ShardState::kRunning ||
          list_position < found->checkpoint->list_position);
}

constexpr std::string_view kNewestFirst = "ORDER BY j.created_at DESC, j.id";

class QueriesImpl final : public Queries {
 public:
  QueriesImpl(std::unique_ptr<Session> session, Schema schema)
      : session_(std::move(session)), schema_(std::move(schema)) {}

  Result<void> Available() const override {
    if (schema_.HasOwnTables()) return {};
    return std::unexpected(NoTables("read the books: this database lacks tables for them"));
  }
  Result<void> StorePlan(const Plan& plan) override;
  Result<bool> ForgetPlan(const std::string& job_id) override;
  Result<std::optional<Plan>> LoadPlan(const std::string& job_id) override;
  Result<std::string> Search(const std::string& name) override {
    const std::scoped_lock lock(mutex_);
    return GetSearch(*session_, schema_, name);
  }
  Result<void> StoreSearch(const std::string& name, const std::string& state) override {
    const std::scoped_lock lock(mutex_);
    return PutSearch(*session_, schema_, name, state);
  }
  Result<void> DropSearch(const std::string& name) override {
    const std::scoped_lock lock(mutex_);
    return DeleteSearch(*session_, schema_, name);
  }
  Result<std::map<int, LineSet>> LineSets(const std::string& job_id,
                                          std::optional<int> list_position) override {
    const std::scoped_lock lock(mutex_);
    return GetLineSets(*session_, schema_, job_id, list_position);
  }
  Result<void> TakeUpPlan(const std::string& job_id, const std::string& config) override;
  Result<void> GiveMoreToDo(const std::string& job_id, const std::string& config) override;
  Result<void> AtOneMoment(const std::function<Result<void>()>& reads) override {
    const std::scoped_lock lock(mutex_);
    return session_->AtOneMoment(reads);
  }
  Result<std::vector<JobSummary>> Jobs(const JobPick& pick) override;
  Result<JobSummary> Job(const std::string& job_id) override;
  Result<JobsPage> PageOf(const JobPick& pick) override;
  Result<JobRows> RowsOf(const std::string& job_id) override;
  Result<std::vector<ShardSummary>> Shards(const std::string& job_id) override;
  Result<std::vector<FileRow>> Files(const std::string& job_id, const FilePick& pick) override;
  Result<FilesTotal> TotalOfFiles(const std::string& job_id, int from) override;
  Result<std::map<int, std::string>> Paths(const std::string& job_id,
                                           const std::set<int>& positions) override;
  Result<std::vector<int>> MisplacedFiles(const std::string& job_id, int shards) override;
  Result<std::vector<StoredError>> Errors(const std::string& job_id,
                                          const ErrorPick& pick) override;
  Result<std::vector<ErrorRange>> ErrorRanges(const std::string& job_id,
                                              int list_position) override;
  Result<std::vector<StoredError>> ErrorTotals(const std::string& job_id) override;
  Result<std::vector<ErrorGroup>> ErrorStreams(const std::string& job_id, int most) override;
  Result<std::vector<ReplayedFile>> Replayed(std::span<const std::string_view> names,
                                             const std::string& job_id) override;
  Result<std::vector<PlanOverlap>> BeingSent(const std::string& job_id) override;
  Result<void> SetStarting(const std::string& job_id, bool starting) override;
  Result<void> TellWhyStopped(const std::string& job_id, const std::string& why) override;
  Result<std::vector<std::string>> RetriesOf(const std::string& job_id) override;
  Result<void> ClearShard(const ShardRef& shard, const Owner& owner,
                          const std::string& checkpoint) override;
  Result<bool> HasPrint(const std::string& job_id) override;
  Result<void> ForgetPrint(const std::string& job_id) override;
  Result<JobControls> Controls(const std::string& job_id) override;
  Result<void> SetControls(const std::string& job_id, const ControlsChange& change) override;
  Result<std::optional<VerifyResult>> LastVerify(const std::string& job_id) override {
    const std::scoped_lock lock(mutex_);
    return SelectVerify(*session_, schema_, job_id);
  }
  Result<void> StoreVerify(const std::string& job_id, const VerifyResult& verdict) override {
    const std::scoped_lock lock(mutex_);
    return PutVerify(*session_, schema_, job_id, verdict);
  }

 private:
  Result<std::vector<JobSummary>> SelectJobs(std::string_view where, std::vector<Arg> args);
  Result<void> DeleteRows(const std::string& job_id, std::span<const std::string_view> tables);
  Result<void> InsertPendingWorkers(const Plan& plan);
  Result<void> KeepCall(const Plan& plan);
  Result<bool> LockPlanned(const std::string& job_id);
  Result<void> MustExist(const std::string& job_id);
  Result<std::vector<ShardSummary>> ShardsOf(const std::string& job_id);  // under the lock
  Result<void> DeletePrint(const std::string& job_id);
  Result<std::vector<StoredError>> SelectErrors(const std::string& sql, std::vector<Arg> args);

  std::recursive_mutex mutex_;  // AtOneMoment holds it over what is asked within
  std::unique_ptr<Session> session_;
  const Schema schema_;
};

Result<void> QueriesImpl::StorePlan(const Plan& plan) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.HasOwnTables())
    return std::unexpected(
        NoTables("store the plan: the tables for it are missing and cannot be made"));
  const auto file = [&](std::size_t i) {
    const PlannedFile planned = plan.files[i];
    StoredFile stored{.row = RowOf(planned.item),
                      .shard = static_cast<int>(i) % std::max(1, plan.total_workers),
                      .planned_version_tag = planned.version_tag,
                      .last_modified = planned.last_modified};
    stored.row.list_position = static_cast<int>(i);
    stored.row.version_tag = planned.version_tag;
    stored.row.state = planned.state;
    return stored;
  };
  const auto stored = session_->InTransaction([&]() -> Result<void> {
    TRY(const auto made,
        InsertJob(*session_, plan.job_id, plan.config, plan.files.size(), plan.total_workers,
                  plan.begun == Begun::kNot ? NewJob::kPlanned : NewJob::kRunning));
    if (made == 0) {
      return std::unexpected(Error{.what = "store the plan: there is a job of this name",
                                   .where = plan.job_id,
                                   .hint = "resume it with the same --job, or choose another name",
                                   .code = Code::kConflict});
    }
    // Left by a job of this name whose row was deleted.
    std::vector<std::string_view> tables = {"files", "errors", "shards"};
    for (const std::string_view table : {"controls", "submissions", "line_sets"}) {
      if (schema_.Has(table)) tables.push_back(table);
    }
    TRY_OK(DeleteRows(plan.job_id, tables));
    TRY_OK(InsertPendingWorkers(plan));
    TRY_OK(PutLineSets(*session_, schema_, plan.job_id, plan.files));
    TRY_OK(PutPlannedFiles(*session_, plan.job_id, plan.files.size(), file));
    return plan.call.hash.empty() ? Result<void>() : KeepCall(plan);
  });
  if (!stored) return stored;
  auto forgotten = DeletePrint(plan.job_id);  // so too
  if (forgotten || forgotten.error().code == Code::kNotAuthorized) return {};
  return forgotten;
}

Result<void> QueriesImpl::DeleteRows(const std::string& job_id,
                                     std::span<const std::string_view> tables) {
  for (const std::string_view table : tables) {
    TRY_OK(session_->Execute(fmt::format("DELETE FROM reprocessing_{} WHERE job_id = :job", table),
                             {{"job", job_id}}));
  }
  return {};
}

Result<void> QueriesImpl::InsertPendingWorkers(const Plan& plan) {
  for (std::size_t shard = 0; shard < plan.shares.size(); ++shard) {
    TRY_OK(session_->Execute(
        fmt::format("INSERT INTO reprocessing_workers (job_id, worker_index, status, updated_at, "
                    "assigned_files, total_bytes) "
                    "VALUES (:job, :worker, 'pending', {}, :files, :bytes)",
                    session_->dialect().now),
        {{"job", plan.job_id},
         {"worker", shard},
         {"files", plan.shares[shard].files},
         {"bytes", plan.shares[shard].bytes}}));
  }
  return {};
}

Result<void> QueriesImpl::KeepCall(const Plan& plan) {
  if (!schema_.Has("idempotency", "job_id")) {
    return std::unexpected(NoTables(
        "store the plan: reprocessing_idempotency lacks job_id, and this user may not add it"));
  }
  TRY(const auto kept,
      session_->Execute(
          fmt::format(
              "INSERT INTO reprocessing_idempotency (key_hash, body_hash, began_ms, job_id) "
              "VALUES (:key, :body, {}, :job) ON CONFLICT (key_hash) DO NOTHING",
              session_->dialect().now_ms),
          {{"key", plan.call.hash}, {"body", plan.call.body_hash}, {"job", plan.job_id}}));
  if (kept == 1) return {};
  return Fatal("store the plan: a call of the same Idempotency-Key has made another job",
               plan.job_id, "make the call again: it has that one's answer", Code::kConflict);
}

// Its row is locked first: whoever begins it comes before this, or finds it gone.
Result<bool> QueriesImpl::LockPlanned(const std::string& job_id) {
  constexpr std::string_view kSubmitted =
      " AND NOT EXISTS (SELECT 1 FROM reprocessing_submissions s "
      "WHERE s.job_id = reprocessing_jobs.id)";
  TRY(const auto planned,
      session_->Execute(
          fmt::format("UPDATE reprocessing_jobs SET status = status WHERE id = :job "
                      "AND status = 'pending' AND {} = :mark{}",
                      session_->dialect().made_by, schema_.Has("submissions") ? kSubmitted : ""),
          {{"job", job_id}, {"mark", kPlansMark}}));
  return planned == 1;
}

Result<bool> QueriesImpl::ForgetPlan(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  bool planned = false;
  const auto forgotten = session_->InTransaction([&]() -> Result<void> {
    TRY(planned, LockPlanned(job_id));
    if (!planned) return {};
    std::vector<std::string_view> tables = {"workers", "files"};
    if (schema_.Has("line_sets")) tables.push_back("line_sets");
    if (schema_.Has("idempotency", "job_id")) tables.push_back("idempotency");
    TRY_OK(DeleteRows(job_id, tables));
    TRY_OK(session_->Execute("DELETE FROM reprocessing_jobs WHERE id = :job", {{"job", job_id}}));
    return {};
  });
  if (!forgotten) return std::unexpected(forgotten.error());
  return planned;
}

Result<std::optional<Plan>> QueriesImpl::LoadPlan(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.HasOwnTables()) return std::nullopt;
  TRY(const auto jobs,
      session_->Select("SELECT CAST(config AS TEXT), total_workers, total_files, status "
                       "FROM reprocessing_jobs WHERE id = :job",
                       4, {{"job", job_id}}));
  if (jobs.empty()) return std::nullopt;
  Plan plan{.job_id = job_id,
            .config = UnmarkedConfig(jobs.front().Text(0)),
            .total_workers = static_cast<int>(jobs.front().Number(1)),
            .files = {}};
  if (IsMarked(jobs.front().Text(0), kPlansMark)) {
    plan.begun = jobs.front().Text(3) == "pending" ? Begun::kNot : Begun::kElsewhere;
  }
  TRY(const auto sets, GetLineSets(*session_, schema_, job_id, std::nullopt));
  int last = 0;
  TRY_OK(ForEachFile(*session_, schema_, "WHERE job_id = :job AND planned_version_tag IS NOT NULL",
                     {{"job", job_id}}, {}, [&](StoredFile&& file) {
                       last = file.row.list_position;
                       AddLineSet(sets, file.row);
                       FileItem item = ItemOf(file.row);
                       if (IsPart(item)) item.etag = *file.planned_version_tag;  // as planned
                       plan.files.push_back({std::move(item), std::move(*file.planned_version_tag),
                                             file.last_modified.value_or(""), file.row.state});
                     }));
  if (plan.files.empty()) return std::nullopt;
  // Shares go by list position: with a row less, files would change hands. total_files does not
  // count those before start_file.
  const auto listed = std::max(jobs.front().Count(2), static_cast<std::uint64_t>(last) + 1);
  if (plan.files.size() != listed) {
    return Fatal(fmt::format("load the plan: {} of its {} files have a row in reprocessing_files: "
                             "rows were lost",
                             plan.files.size(), listed),
                 job_id, "restore the rows; a new job would send again what this one has sent",
                 Code::kConflict);
  }
  return plan;
}

Result<void> QueriesImpl::TakeUpPlan(const std::string& job_id, const std::string& config) {
  const std::scoped_lock lock(mutex_);
  TRY(const auto taken,
      session_->Execute(
          fmt::format("UPDATE reprocessing_jobs SET config = :config, status = 'running', "
                      "started_at = {} WHERE id = :job AND status = 'pending' AND {} = :mark",
                      session_->dialect().now, session_->dialect().made_by),
          {{"config", MarkedConfig(config)}, {"job", job_id}, {"mark", kPlansMark}}));
  if (taken == 1) return {};
  return Fatal("take up the plan: somebody has begun it, or cancelled it", job_id,
               "`reprocess status` shows what it does", Code::kConflict);
}

// The workers' rows too: one whose row says that it has ended would end the job for all of them.
Result<void> QueriesImpl::GiveMoreToDo(const std::string& job_id, const std::string& config) {
  const std::scoped_lock lock(mutex_);
  constexpr std::string_view kAgain =
      "UPDATE {} SET status = '{}', completed_at = NULL, error = NULL WHERE {} = :job "
      "AND status IN ('completed', 'failed')";
  return session_->InTransaction([&]() -> Result<void> {
    TRY_OK(session_->Execute("UPDATE reprocessing_jobs SET config = :config WHERE id = :job",
                             {{"config", MarkedConfig(config)}, {"job", job_id}}));
    TRY_OK(session_->Execute(fmt::format(kAgain, "reprocessing_jobs", "running", "id"),
                             {{"job", job_id}}));
    TRY_OK(session_->Execute(fmt::format(kAgain, "reprocessing_workers", "pending", "job_id"),
                             {{"job", job_id}}));
    return {};
  });
}

Result<std::vector<JobSummary>> QueriesImpl::SelectJobs(std::string_view where,
                                                        std::vector<Arg> args) {
  if (!schema_.HasContract()) return std::vector<JobSummary>{};
  const Question question = JobsQuestion(*session_, schema_, where);
  TRY(const auto rows, session_->Select(question.sql, question.columns, std::move(args)));
  std::vector<JobSummary> jobs;
  for (const Row& row : rows) jobs.push_back(SummaryOf(row));
  return jobs;
}

Result<std::vector<JobSummary>> QueriesImpl::Jobs(const JobPick& pick) {
  const std::scoped_lock lock(mutex_);
  std::vector<Arg> args;
  const std::string where = Picked(pick, args);
  return SelectJobs(fmt::format("{} GROUP BY j.id {} LIMIT :most", where, kNewestFirst),
                    std::move(args));
}

Result<JobsPage> QueriesImpl::PageOf(const JobPick& pick) {
  const std::scoped_lock lock(mutex_);
  JobsPage page;
  if (!schema_.HasContract()) return page;
  std::vector<Arg> args;
  const std::string picked = fmt::format("SELECT j.id FROM reprocessing_jobs j {} {} LIMIT :most",
                                         Picked(pick, args), kNewestFirst);
  const Question questions[] = {
      JobsQuestion(*session_, schema_,
                   fmt::format("WHERE j.id IN ({}) GROUP BY j.id {}", picked, kNewestFirst)),
      WorkersQuestion(*session_, picked), ShardsQuestion(*session_, schema_, picked),
      schema_.Has("controls") ? PausedQuestion(picked) : NoQuestion()};
  TRY(const auto rows, session_->SelectTogether(questions, std::move(args)));
  for (const Row& row : rows[0]) page.jobs.push_back(SummaryOf(row));
  FoundShards shards;
  for (const Row& row : rows[1]) shards.AddWorker(row);
  for (const Row& row : rows[2]) shards.AddShard(row);
  page.shards = std::move(shards).Lists();
  for (const Row& row : rows[3]) page.paused.insert(row.Text(0));
  return page;
}

Result<JobSummary> QueriesImpl::Job(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  TRY(auto jobs, SelectJobs("WHERE j.id = :job GROUP BY j.id", {{"job", job_id}}));
  if (jobs.empty()) return std::unexpected(UnknownJob(job_id));
  return std::move(jobs.front());
}

Result<void> QueriesImpl::MustExist(const std::string& job_id) {
  if (!schema_.HasContract()) return std::unexpected(UnknownJob(job_id));
  TRY(const auto rows,
      session_->Select("SELECT 1 FROM reprocessing_jobs WHERE id = :job", 1, {{"job", job_id}}));
  if (rows.empty()) return std::unexpected(UnknownJob(job_id));
  return {};
}

Result<std::vector<ShardSummary>> QueriesImpl::Shards(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(MustExist(job_id));
  return ShardsOf(job_id);
}

Result<std::vector<ShardSummary>> QueriesImpl::ShardsOf(const std::string& job_id) {
  const Question questions[] = {WorkersQuestion(*session_, ":job"),
                                ShardsQuestion(*session_, schema_, ":job")};
  TRY(const auto rows, session_->SelectTogether(questions, {{"job", job_id}}));
  FoundShards found;
  for (const Row& row : rows[0]) found.AddWorker(row);
  for (const Row& row : rows[1]) found.AddShard(row);
  auto lists = std::move(found).Lists();
  return std::move(lists[job_id]);
}

Result<JobRows> QueriesImpl::RowsOf(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.HasContract()) return std::unexpected(UnknownJob(job_id));
  const Question questions[] = {JobsQuestion(*session_, schema_, "WHERE j.id = :job GROUP BY j.id"),
                                WorkersQuestion(*session_, ":job"),
                                ShardsQuestion(*session_, schema_, ":job"),
                                schema_.Has("controls") ? ControlsQuestion(schema_) : NoQuestion(),
                                RetriesQuestion(*session_)};
  TRY(const auto rows, session_->SelectTogether(questions, {{"job", job_id}}));
  if (rows[0].empty()) return std::unexpected(UnknownJob(job_id));
  JobRows found;
  found.job = SummaryOf(rows[0].front());
  FoundShards shards;
  for (const Row& row : rows[1]) shards.AddWorker(row);
  for (const Row& row : rows[2]) shards.AddShard(row);
  auto lists = std::move(shards).Lists();
  found.shards = std::move(lists[job_id]);
  if (!rows[3].empty()) {
    TRY(found.controls, ControlsOf(rows[3].front()));
  }
  found.retries = RetriesIn(rows[4]);
  return found;
}

Result<std::vector<FileRow>> QueriesImpl::Files(const std::string& job_id, const FilePick& pick) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(MustExist(job_id));
  std::vector<FileRow> files;
  if (!schema_.HasOwnTables()) return files;
  std::string where = "WHERE job_id = :job";
  std::vector<Arg> args = {{"job", job_id}};
  if (pick.state) {
    where += " AND state = :state";
    args.emplace_back("state", NameOf(*pick.state));
  }
  if (pick.unbalanced) {
    where +=
        " AND (lines <> sent + skipped + errors "
        "OR bytes <> sent_bytes + skipped_bytes + error_bytes)";
  }
  TRY_OK(ForEachFile(*session_, schema_, where, args, {pick.from, pick.most},
                     [&](StoredFile&& file) { files.push_back(std::move(file.row)); }));
  return files;
}

Result<FilesTotal> QueriesImpl::TotalOfFiles(const std::string& job_id, int from) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.HasOwnTables()) return FilesTotal{};
  return SelectTotal(*session_, "WHERE job_id = :job AND list_position >= :from",
                     {{"job", job_id}, {"from", from}});
}

Result<std::map<int, std::string>> QueriesImpl::Paths(const std::string& job_id,
                                                      const std::set<int>& positions) {
  const std::scoped_lock lock(mutex_);
  std::map<int, std::string> paths;
  if (!schema_.HasOwnTables() || positions.empty()) return paths;
  TRY(const auto rows,
      session_->Select(fmt::format("SELECT list_position, path FROM reprocessing_files "
                                   "WHERE job_id = :job AND list_position IN ({})",
                                   fmt::join(positions, ", ")),
                       2, {{"job", job_id}}));
  for (const Row& row : rows) paths[static_cast<int>(row.Number(0))] = Unescape(row.Text(1));
  return paths;
}

Result<std::vector<int>> QueriesImpl::MisplacedFiles(const std::string& job_id, int shards) {
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows,
      session_->Select("SELECT list_position FROM reprocessing_files WHERE job_id = :job "
                       "AND shard <> list_position % :shards ORDER BY list_position",
                       1, {{"job", job_id}, {"shards", shards}}));
  std::vector<int> positions;
  for (const Row& row : rows) positions.push_back(static_cast<int>(row.Number(0)));
  return positions;
}

Result<std::vector<StoredError>> QueriesImpl::SelectErrors(const std::string& sql,
                                                           std::vector<Arg> args) {
  const std::size_t columns = ColumnsOf<ErrorRow>().size();
  TRY(const auto rows, session_->Select(sql, columns + 2, std::move(args)));
  std::vector<StoredError> errors;
  for (const Row& row : rows) {
    errors.push_back({static_cast<int>(row.Number(columns)), Unescape(row.Text(columns + 1)),
                      ReadRow<ErrorRow>(row)});
  }
  return errors;
}

constexpr std::string_view kPathOfError =
    "LEFT JOIN reprocessing_files f ON f.job_id = e.job_id AND f.list_position = e.list_position";

Result<std::vector<StoredError>> QueriesImpl::Errors(const std::string& job_id,
                                                     const ErrorPick& pick) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(MustExist(job_id));
  if (!schema_.HasOwnTables()) return std::vector<StoredError>{};
  std::vector<Arg> args = {{"job", job_id}, {"most", pick.most}};
  if (pick.reason) args.emplace_back("reason", NameOf(*pick.reason));
  if (pick.after) {
    args.emplace_back("at", pick.after->list_position);
    args.emplace_back("byte", pick.after->first_byte);
  }
  return SelectErrors(
      fmt::format("SELECT {}, e.shard, f.path FROM reprocessing_errors e {} "
                  "WHERE e.job_id = :job {} {} "
                  "ORDER BY e.list_position, e.first_byte LIMIT :most",
                  NamesOf(ColumnsOf<ErrorRow>(), "e."), kPathOfError,
                  pick.reason ? "AND e.reason = :reason" : "",
                  pick.after ? "AND (e.list_position, e.first_byte) > (:at, :byte)" : ""),
      std::move(args));
}

Result<std::vector<ErrorRange>> QueriesImpl::ErrorRanges(const std::string& job_id,
                                                         int list_position) {
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows,
      session_->Select("SELECT first_byte, end_byte, line_count, reason, approximate "
                       "FROM reprocessing_errors WHERE job_id = :job AND list_position = :at "
                       "ORDER BY first_byte",
                       5, {{"job", job_id}, {"at", list_position}}));
  std::vector<ErrorRange> ranges;
  for (const Row& row : rows) {
    ranges.push_back({row.Count(0), row.Count(1), row.Count(2),
                      ReasonOf(row.Text(3)).value_or(Reason::kInvalidJson), row.Number(4) != 0});
  }
  return ranges;
}

Result<std::vector<StoredError>> QueriesImpl::ErrorTotals(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(MustExist(job_id));
  if (!schema_.HasOwnTables()) return std::vector<StoredError>{};
  return SelectErrors(
      fmt::format("SELECT {}, e.shard, f.path FROM (SELECT list_position, first_byte, end_byte, "
                  "first_line, last_line, reason, message, sample, approximate, job_id, shard, "
                  "CAST(SUM(line_count) OVER (PARTITION BY reason) AS BIGINT) AS line_count, "
                  "ROW_NUMBER() OVER (PARTITION BY reason ORDER BY list_position, first_byte) "
                  "AS place FROM reprocessing_errors WHERE job_id = :job) e {} "
                  "WHERE e.place = 1 ORDER BY e.line_count DESC, e.reason",
                  NamesOf(ColumnsOf<ErrorRow>(), "e."), kPathOfError),
      {{"job", job_id}});
}

Result<std::vector<ErrorGroup>> QueriesImpl::ErrorStreams(const std::string& job_id, int most) {
  const std::scoped_lock lock(mutex_);
  std::vector<ErrorGroup> groups;
  if (!schema_.HasOwnTables()) return groups;
  TRY(const auto rows,
      session_->Select("SELECT reason, message, CAST(SUM(line_count) AS BIGINT) AS line_sum "
                       "FROM reprocessing_errors WHERE job_id = :job "
                       "AND reason IN ('unknown_stream', 'no_destination') "
                       "GROUP BY reason, message ORDER BY line_sum DESC, message LIMIT :most",
                       3, {{"job", job_id}, {"most", most}}));
  for (const Row& row : rows) {
    groups.push_back({ReasonOf(row.Text(0)).value_or(Reason::kUnknownStream), Unescape(row.Text(1)),
                      row.Count(2)});
  }
  return groups;
}

// In pages, and of many names by reading all rows once: the table has no index by name.
Result<std::vector<ReplayedFile>> QueriesImpl::Replayed(std::span<const std::string_view> names,
                                                        const std::string& job_id) {
  constexpr std::size_t kPageRows = 1'000;
  // What lies behind the last slash; a path has no trailing one.
  constexpr std::string_view kNameOf =
      "substr({0}, length(rtrim({0}, replace({0}, '/', ''))) + 1) IN ({1})";
  constexpr std::string_view kHasLineSet =
      "(SELECT COUNT(*) FROM reprocessing_line_sets l WHERE l.job_id = f.job_id "
      "AND l.list_position = f.list_position AND l.part = 0)";
  const std::scoped_lock lock(mutex_);
  std::vector<ReplayedFile> files;
  if (!schema_.HasOwnTables()) return files;
  const auto wanted = [&](const std::string& path) {
    return std::ranges::binary_search(names, std::string_view(BaseName(path)));
  };
  std::vector<Arg> args = {{"job", job_id}};
  std::string only;
  if (names.size() <= kValuesAStatement) {
    const std::string list = ListIn(args, std::views::transform(names, &Escape));
    only = fmt::format("AND ({} OR {})", fmt::format(fmt::runtime(kNameOf), "f.path", list),
                       fmt::format(fmt::runtime(kNameOf), "f.key_path", list));
  }
  const std::string page = fmt::format(
      "SELECT f.job_id, f.list_position, f.path, f.key_path, f.version_tag, f.state, f.place_byte, "
      "f.prefix_hash, f.item_length, f.item_ranges, {}, f.shard FROM reprocessing_files f "
      "JOIN reprocessing_shards s ON s.job_id = f.job_id AND s.shard = f.shard "
      "WHERE f.job_id <> :job AND (f.sent > 0 OR f.state = 'reading') "
      "AND s.mode IN ('exactly_once', 'at_least_once') "
      "AND (f.job_id, f.list_position) > (:after, :at) {} "
      "ORDER BY f.job_id, f.list_position LIMIT {}",
      schema_.Has("line_sets") ? kHasLineSet : "0", only, kPageRows);
  std::string after;
  std::vector<ShardSummary> shards;  // of the job `after`
  for (std::int64_t at = -1;;) {
    TRY(const auto rows,
        session_->Select(page, 12, Joined(std::vector<Arg>(args), {{"after", after}, {"at", at}})));
    for (const Row& row : rows) {
      if (row.Text(0) != after) shards.clear();
      after = row.Text(0);
      at = row.Number(1);
      const std::string path = Unescape(row.Text(2));
      const std::string key_path = row.IsNull(3) ? path : Unescape(row.Text(3));
      if (!wanted(path) && !wanted(key_path)) continue;
      ReplayedFile file;
      file.job_id = after;
      file.list_position = static_cast<int>(at);
      file.path = path;
      file.key_path = key_path;
      file.version_tag = Unescape(row.Text(4));
      file.state = FromCell::FileStateOf(row.Text(5));
      file.place = row.Count(6);
      file.hash = PlaceHashOf(row.Text(7)).value;
      const auto ranges = SplitRanges(row.Text(9));
      file.to_end = row.IsNull(8) && (ranges.empty() || ranges.back().end() == UINT64_MAX) &&
                    row.Number(10) == 0;
      if (shards.empty()) {
        TRY(shards, ShardsOf(file.job_id));
      }
      file.unfinished = file.state == FileState::kReading ||
                        !HasPassed(shards, static_cast<int>(row.Number(11)), file.list_position);
      files.push_back(std::move(file));
    }
    if (rows.size() < kPageRows) return files;
  }
}

Result<std::vector<PlanOverlap>> QueriesImpl::BeingSent(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.HasOwnTables()) return std::vector<PlanOverlap>{};
  return SelectBeingSent(*session_, job_id);
}

Result<void> QueriesImpl::SetStarting(const std::string& job_id, bool starting) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(session_->Execute(fmt::format("UPDATE reprocessing_jobs SET started_at = {} "
                                       "WHERE id = :job AND status = 'pending'",
                                       starting ? session_->dialect().now : "NULL"),
                           {{"job", job_id}}));
  return {};
}

Result<void> QueriesImpl::TellWhyStopped(const std::string& job_id, const std::string& why) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(
      session_->Execute("UPDATE reprocessing_jobs SET error = NULLIF(:why, '') WHERE id = :job "
                        "AND status IN ('pending', 'running') AND COALESCE(error, '') <> :why",
                        {{"job", job_id}, {"why", Escape(why)}}));
  return {};
}

Result<std::vector<std::string>> QueriesImpl::RetriesOf(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.HasContract()) return std::vector<std::string>{};
  const Question question = RetriesQuestion(*session_);
  TRY(const auto rows, session_->Select(question.sql, question.columns, {{"job", job_id}}));
  return RetriesIn(rows);
}

Result<void> QueriesImpl::ClearShard(const ShardRef& shard, const Owner& owner,
                                     const std::string& checkpoint) {
  const std::scoped_lock lock(mutex_);
  const std::vector<Arg> key = {{"job", shard.job_id}, {"shard", shard.index}};
  const auto with = [&](std::vector<Arg> args) { return Joined(std::move(args), key); };
  return session_->InTransaction([&]() -> Result<void> {
    if (schema_.HasOwnTables()) {
      TRY(const auto newer,
          session_->Select("SELECT 1 FROM reprocessing_shards WHERE job_id = :job "
                           "AND shard = :shard AND generation > :generation",
                           1, with({{"generation", owner.generation}})));
      if (!newer.empty()) {
        return std::unexpected(
            Error{.remedy = Remedy::kFenced,
                  .what = "reset: a newer owner has this shard",
                  .where = fmt::format("job {}, shard {}", shard.job_id, shard.index),
                  .hint = "",
                  .code = Code::kConflict});
      }
      TRY_OK(session_->Execute(
          fmt::format("UPDATE reprocessing_shards SET owner = :owner, host = :host, "
                      "generation = :generation, checkpoint = :checkpoint, end_offsets = NULL{} "
                      "WHERE job_id = :job AND shard = :shard",
                      schema_.Has("shards", "stored_bytes") ? ", stored_bytes = NULL" : ""),
          with({{"owner", Escape(owner.id)},
                {"host", Escape(owner.host)},
                {"generation", owner.generation},
                {"checkpoint", checkpoint}})));
      TRY_OK(session_->Execute(
          "DELETE FROM reprocessing_errors WHERE job_id = :job AND shard = :shard", key));
      TRY_OK(ReplanFiles(*session_, shard));
    }
    const bool guard = schema_.Has("workers", "generation");
    std::vector<Arg> args = Joined(key, ArgsOf(WorkerRow{}, Role::kProgress));
    if (guard) args.emplace_back("generation", owner.generation);
    TRY_OK(session_->Execute(
        fmt::format("UPDATE reprocessing_workers SET status = 'pending', started_at = NULL, "
                    "completed_at = NULL, updated_at = {}, current_file = NULL, "
                    "current_line = 0, current_ts = NULL, {}{} "
                    "WHERE job_id = :job AND worker_index = :shard",
                    session_->dialect().now, AssignedOf(ColumnsOf<WorkerRow>(), Role::kProgress),
                    guard ? ", generation = :generation" : ""),
        args));
    TRY_OK(
        session_->Execute("UPDATE reprocessing_jobs SET status = 'running', "
                          "completed_at = NULL, error = NULL WHERE id = :job",
                          {{"job", shard.job_id}}));
    return {};
  });
}

Result<bool> QueriesImpl::HasPrint(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.Has("prints")) return false;
  const auto rows = session_->Select("SELECT 1 FROM reprocessing_prints WHERE job_id = :job", 1,
                                     {{"job", job_id}});
  if (rows) return !rows->empty();
  if (rows.error().code == Code::kNotAuthorized) return false;
  return std::unexpected(rows.error());
}

Result<void> QueriesImpl::ForgetPrint(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  return DeletePrint(job_id);
}

Result<void> QueriesImpl::DeletePrint(const std::string& job_id) {
  if (!schema_.Has("prints")) return {};
  TRY_OK(
      session_->Execute("DELETE FROM reprocessing_prints WHERE job_id = :job", {{"job", job_id}}));
  return {};
}

Result<JobControls> QueriesImpl::Controls(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.Has("controls")) return JobControls{};
  return SelectControls(*session_, schema_, job_id);
}

Result<void> QueriesImpl::SetControls(const std::string& job_id, const ControlsChange& change) {
  const std::scoped_lock lock(mutex_);
  if (!schema_.Has("controls")) {
    return std::unexpected(
        NoTables("change the job's limits: reprocessing_controls is missing and cannot be made"));
  }
  if (change.max_errors && !schema_.Has("controls", "max_errors")) {
    return std::unexpected(NoTables(
        "change the job's limits: reprocessing_controls lacks max_errors, and it cannot be added"));
  }
  TRY_OK(MustExist(job_id));
  return ChangeControls(*session_, job_id, change);
}

}  // namespace

std::unique_ptr<Queries> MakeQueries(std::unique_ptr<Session> session, Schema schema) {
  return std::make_unique<QueriesImpl>(std::move(session), std::move(schema));
}

}  // namespace reprocess
