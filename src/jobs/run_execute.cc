#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "jobs/run_here.h"
#include "plan/preflight.h"
#include "worker/telemetry.h"

namespace reprocess {
namespace {

constexpr int kMostFailedFiles = 20;
constexpr std::uint64_t kMostChanged = 10;

// One shard's progress, made into what a display needs.
class ShardDisplay final : public ProgressObserver {
 public:
  ShardDisplay(int shard, RunObserver& observer) : shard_(shard), observer_(observer) {}

  void Progress(const WorkerRow& row) override {
    {
      const std::scoped_lock lock(mutex_);
      last_ = row;
    }
    observer_.Progress(shard_, row);
  }
  void Waiting(const std::string& why) override { observer_.Waiting(shard_, why); }
  void Throttled(const ThrottleState& state) override {
    if (std::exchange(hold_, state.hold) != state.hold) Waiting(state.why);
  }

  WorkerRow last() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

 private:
  const int shard_;
  RunObserver& observer_;
  Hold hold_ = Hold::kNone;
  mutable std::mutex mutex_;
  WorkerRow last_;
};

JobPrint PrintOf(const PreparedRun& run) {
  JobPrinter printer(run.shards, run.config, FingerprintNameOf(run.destination));
  for (const FileItem& file : run.files) printer.Add(file);
  return std::move(printer).Print();
}

ShardRun ShardRunOf(const RunRequest& request, const PreparedRun& run, const JobPrint& print,
                    int shard) {
  ShardRun shard_run;
  shard_run.kafka = run.kafka;
  shard_run.destination = run.destination;
  shard_run.settings = request.settings;
  shard_run.job = run.config;
  shard_run.assignment = AssignmentOf(run.job_id, shard, run.shards, run.files, run.config);
  shard_run.print = print;
  shard_run.streams = [&run] { return run.streams.get(); };
  return shard_run;
}

ShardResult RunOne(ShardRun shard_run, const World& world, RunObserver& observer,
                   const std::stop_token& stop) {
  const LogScope scope(
      {{"job", shard_run.assignment.job_id}, {"shard", shard_run.assignment.index}});
  ShardDisplay display(shard_run.assignment.index, observer);
  shard_run.display = &display;
  const ShardReport report = RunShard(shard_run, world.database.NewWorkerStore(), world, stop);
  if (shard_run.metrics != nullptr) shard_run.metrics->Ended(report.outcome);
  observer.Ended(shard_run.assignment.index, report);
  // A shard that ended badly may not know its last checkpoint; what it last told is as good.
  const Counters told = display.last().counters;
  const Counters& known = report.checkpoint.shard;
  return {shard_run.assignment.index, report.outcome, report.message,
          known.lines >= told.lines ? known : told};
}

std::string BooksText(const Counters& c) {
  return fmt::format("lines {} = sent {} + skipped {} + errors {}; bytes {} = {} + {} + {}",
                     c.lines, c.success, c.skipped(), c.errors(), c.bytes, c.success_bytes,
                     c.skipped_bytes, c.error_bytes);
}

// Local files that were written to after they were read: what they have now was not sent.
class LaterWrites {
 public:
  LaterWrites(Storage& storage, RunReport& report) : storage_(storage), report_(report) {}

  void LookAt(const FileRow& file) {
    if (file.path.starts_with("s3://")) return;
    const auto found = storage_.List(file.path);
    if (!found || found->size() != 1 || found->front().version_tag == file.version_tag) return;
    if (++changed_ > kMostChanged) return;
    const std::uint64_t now = found->front().size;
    const std::uint64_t then = std::strtoull(file.version_tag.c_str(), nullptr, 10);
    report_.warnings.push_back(fmt::format(
        "{} was written to after it was read: it has {}", file.path,
        now > then ? fmt::format("{} bytes more, which were not sent (a new job with --new-only "
                                 "sends what is new)",
                                 now - then)
                   : "other bytes now"));
  }
  void Tell() {
    if (changed_ <= kMostChanged) return;
    report_.warnings.push_back(
        fmt::format("{} more files were written to after they were read", changed_ - kMostChanged));
  }

 private:
  Storage& storage_;
  RunReport& report_;
  std::uint64_t changed_ = 0;
};

// In pages: there may be 100,000 files.
Result<void> LookAgain(const PreparedRun& run, int from, Queries& queries, Storage& storage,
                       RunReport& report) {
  constexpr int kPage = 1'000;
  LaterWrites writes(storage, report);
  for (FilePick pick{.state = FileState::kDone, .from = from, .most = kPage};;) {
    TRY(const auto files, queries.Files(run.job_id, pick));
    for (const FileRow& file : files) writes.LookAt(file);
    if (files.size() < kPage) break;
    pick.from = files.back().list_position + 1;
  }
  writes.Tell();
  return {};
}

// What the database says of files and errors. It may be away by now: then the report lacks it.
void ReadBooks(const PreparedRun& run, Queries& queries, Storage& storage, RunReport& report) {
  const auto read = [&]() -> Result<void> {
    // Files before start_file belong to nobody.
    const auto start = std::ranges::find(run.files, run.config.start_file, &FileItem::path);
    const int from =
        run.config.start_file.empty() ? 0 : static_cast<int>(start - run.files.begin());
    TRY(const JobSummary job, queries.Job(run.job_id));
    report.cancelled = job.status == NameOf(WorkerStatus::kCancelled);
    TRY(report.retries, queries.RetriesOf(run.job_id));
    TRY(const FilesTotal total, queries.TotalOfFiles(run.job_id, from));
    report.files = total.states;
    TRY(report.failed_files,
        queries.Files(run.job_id,
                      {.state = FileState::kFailed, .from = from, .most = kMostFailedFiles}));
    TRY(const auto unbalanced, queries.Files(run.job_id, {.unbalanced = true, .from = from}));
    BooksBalance balance = CheckBalance(report.shards, total.counters, unbalanced);
    report.unbalanced = std::move(balance.problems);
    if (!balance.lost.empty()) report.warnings.push_back(std::move(balance.lost));
    TRY_OK(LookAgain(run, from, queries, storage, report));
    TRY(report.errors, queries.ErrorTotals(run.job_id));
    // Rows are stored ahead of the commit: only what is committed counts.
    for (auto& error : report.errors) error.row.count = report.counters[error.row.reason];
    std::erase_if(report.errors, [](const StoredError& error) { return error.row.count == 0; });
    return {};
  };
  if (const auto done = read(); !done) {
    report.warnings.push_back("the books could not be read back: " + done.error().ToString());
    report.unbalanced = CheckBalance(report.shards, {}, {}).problems;
  }
}

}  // namespace

BooksBalance CheckBalance(const std::vector<ShardResult>& shards, const Counters& of_files,
                          const std::vector<FileRow>& unbalanced) {
  BooksBalance balance;
  std::vector<std::string>& problems = balance.problems;
  Counters of_shards;
  bool finished = true;
  for (const auto& shard : shards) {
    if (!shard.counters.Balanced()) {
      problems.push_back(fmt::format("shard {}: {}", shard.index, BooksText(shard.counters)));
    }
    of_shards += shard.counters;
    finished = finished && Finished(shard.outcome);
  }
  for (const auto& file : unbalanced) {
    problems.push_back(fmt::format("{}: {}", file.path, BooksText(file.counters)));
  }
  if (!finished || of_files == of_shards) return balance;
  if (Within(of_files, of_shards)) {
    balance.lost = fmt::format(
        "rows of reprocessing_files were lost (a restore, a failover, a DELETE): they have {} of "
        "{} "
        "lines, {} of {} sent; the shards end by their checkpoints",
        of_files.lines, of_shards.lines, of_files.success, of_shards.success);
  } else {
    problems.push_back(
        fmt::format("files: {}, but shards: {}", BooksText(of_files), BooksText(of_shards)));
  }
  return balance;
}

bool RunReport::unfinished() const {
  return std::ranges::any_of(
      shards, [](const ShardResult& shard) { return ExitCodeOf(shard.outcome) != 0; });
}

Outcome ExecuteRun(const RunRequest& request, const PreparedRun& run, const World& world,
                   RunObserver& observer, const std::function<void(const RunReport&)>& tell,
                   const std::stop_token& stop) {
  const SteadyTime start = world.clock.Now();
  RunReport report;
  report.job_id = run.job_id;
  report.before = run.before;
  report.dry_run = run.config.dry_run;
  report.shards.resize(static_cast<std::size_t>(run.shards));
  Telemetry telemetry(request.settings.metrics, world.clock, run.job_id, {});
  if (!telemetry.port_trouble().empty()) report.warnings.push_back(telemetry.port_trouble());
  // Before the first shard starts, so that the job is not ready while one has not.
  for (int shard = 0; shard < run.shards; ++shard) telemetry.Shard(shard);
  {
    const JobPrint print = PrintOf(run);
    std::vector<std::jthread> threads;
    for (int shard = 0; shard < run.shards; ++shard) {
      threads.emplace_back([&, shard] {
        ShardRun shard_run = ShardRunOf(request, run, print, shard);
        shard_run.metrics = telemetry.Shard(shard);
        report.shards[static_cast<std::size_t>(shard)] =
            RunOne(std::move(shard_run), world, observer, stop);
      });
    }
  }
  LogRepeated(true);
  report.seconds = std::chrono::duration<double>(world.clock.Now() - start).count();
  report.outcome = report.shards.front().outcome;
  for (const auto& shard : report.shards) {
    report.outcome = Together(report.outcome, shard.outcome);
    report.counters += shard.counters;
  }
  if (ExitCodeOf(report.outcome) == 0 && report.counters.errors() > 0) {
    report.outcome = Outcome::kUnsentLines;
  }
  ReadBooks(run, *world.database.NewQueries(), *world.make_storage(request.settings, {}, {}),
            report);
  if (!report.unbalanced.empty()) report.outcome = Outcome::kFailed;
  if (auto why = FiltersLetNothingPass(report.counters); !why.empty()) {
    report.warnings.push_back(std::move(why));
  }
  report.linger = telemetry.lingers(stop);
  tell(report);
  telemetry.Finish(stop);
  return report.outcome;
}

}  // namespace reprocess
