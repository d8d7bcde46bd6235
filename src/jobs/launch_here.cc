#include "jobs/launch_here.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/background_process.h"
#include "base/descriptor.h"
#include "config/settings_table.h"
#include "config/surroundings.h"
#include "jobs/ask.h"
#include "jobs/process_logs.h"
#include "kube/json.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostTries = 5;
constexpr std::chrono::seconds kRound{1};
constexpr std::chrono::hours kTidies{1};
constexpr Milliseconds kLook{100}, kToEnd{10'000};
constexpr std::size_t kMostTroubles = 100;

// Settings that are of one process, or that its job decides.
constexpr std::string_view kNotPassedOn[] = {
    "JOB_ID",       "WORKER_INDEX", "JOB_COMPLETION_INDEX", "TOTAL_WORKERS",
    "DATABASE_URL", "LOG_FORMAT",   "REPROCESS_CONFIG_DIR", "REPROCESS_FAILED_FILES_EXIT"};
// What a program needs of its surroundings: where things are, and how others are reached.
constexpr std::string_view kSurroundings[] = {"PATH",
                                              "HOME",
                                              "USER",
                                              "LOGNAME",
                                              "TMPDIR",
                                              "TZ",
                                              "LANG",
                                              "LC_ALL",
                                              "XDG_STATE_HOME",
                                              "LD_LIBRARY_PATH",
                                              "SSL_CERT_FILE",
                                              "SSL_CERT_DIR",
                                              "http_proxy",
                                              "https_proxy",
                                              "no_proxy",
                                              "all_proxy",
                                              "HTTPS_PROXY",
                                              "NO_PROXY",
                                              "ALL_PROXY",
                                              "AWS_CONFIG_FILE",
                                              "AWS_SHARED_CREDENTIALS_FILE",
                                              "AWS_EC2_METADATA_DISABLED",
                                              "PGPASSFILE",
                                              "PGSSLMODE",
                                              "PGSSLROOTCERT",
                                              "PGSSLCERT",
                                              "PGSSLKEY"};

// That we have started a job, and how that goes.
struct Mark {
  std::string who{}, reason{};
  bool again = false;
  int tries = 0;            // since it came further
  std::uint64_t moved = 0;  // where it was then
  int pid = 0;              // of its last process
  std::string begun_at{};   // when that was started, RFC 3339
};

std::string TextOf(const Mark& mark) {
  const Json json{{"who", mark.who},          {"reason", mark.reason}, {"again", mark.again},
                  {"tries", mark.tries},      {"moved", mark.moved},   {"pid", mark.pid},
                  {"begun_at", mark.begun_at}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<Mark> MarkIn(const std::string& path) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return Mark{.who = TextAt(json, {"who"}),
              .reason = TextAt(json, {"reason"}),
              .again = At(json, {"again"}) == true,
              .tries = NumberAt(json, {"tries"}),
              .moved = json.contains("moved") && json["moved"].is_number_unsigned()
                           ? json["moved"].get<std::uint64_t>()
                           : 0,
              .pid = NumberAt(json, {"pid"}),
              .begun_at = TextAt(json, {"begun_at"})};
}

// Whole, or not at all, also where the machine loses its power.
Result<void> WriteMark(const std::string& path, const Mark& mark) {
  const std::string made = path + ".new", text = TextOf(mark);
  const Descriptor file(
      ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  const bool written =
      file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0;
  if (written && std::rename(made.c_str(), path.c_str()) == 0) return {};
  return Fatal("write that the job is started: " + std::generic_category().message(errno), path);
}

// Of the open file, and so of whoever inherits it: it ends with the last of them.
bool TakeLock(const Descriptor& file) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  return ::fcntl(file.get(), F_OFD_SETLK, &lock) == 0;
}

// Looks without taking it.
bool IsLocked(const Descriptor& file) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  return ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool HasEnded(const JobSummary& job) {
  return job.status == "completed" || job.status == "failed" || job.status == "cancelled";
}

// Moves with whatever its workers do.
std::uint64_t PlaceOf(const JobSummary& job) {
  return job.sum.counters.lines + static_cast<std::uint64_t>(job.sum.processed_files);
}

std::string HowItEnded(std::optional<int> exit) {
  return exit ? fmt::format("ended with exit {}", *exit) : "ended";
}

class HereLauncher final : public Launcher {
 public:
  HereLauncher(HereOptions options, Database& database, Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        queries_(database.NewQueries()),
        submissions_(database.NewSubmissions()),
        thread_([this](const std::stop_token& stop) { Supervise(stop); }) {}
  ~HereLauncher() override { thread_.request_stop(); }
  HereLauncher(const HereLauncher&) = delete;
  HereLauncher& operator=(const HereLauncher&) = delete;

  std::string_view name() const override { return "here"; }
  const std::string& name_space() const override { return none_; }
  int workers_by_default() const override {
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  Result<void> Reachable(const std::stop_token&) override {
    if (::access(options_.folder.c_str(), R_OK | W_OK | X_OK) == 0) return {};
    return Fatal("use the state folder: " + std::generic_category().message(errno),
                 options_.folder);
  }

  Result<std::vector<std::string>> Check(const PlannedJob& job, const std::stop_token&) override {
    TRY_OK(CheckName(job.plan.job_id));
    return std::vector<std::string>{};
  }

  Result<void> Start(const StartRequest& request, const std::stop_token& stop) override {
    const std::string& id = request.job.plan.job_id;
    TRY_OK(CheckName(id));
    TRY(const JobSummary job, queries_->Job(id));
    TRY_OK(CheckIsOfHere(job));
    if (HasEnded(job)) {
      return Fatal(fmt::format("start the job: it has ended, {}", job.status), id,
                   "resume it, or plan a new job", Code::kConflict);
    }
    if (job.status == "running" && !IsMarked(id)) {
      return Fatal("start the job: somebody else has begun it", id,
                   "resume it where its workers have ended", Code::kConflict);
    }
    TRY_OK(Launch(job, {.who = request.who, .reason = request.reason, .again = request.again}));
    return AwaitBegun(job, stop);
  }

  Result<void> Suspend(const std::string& job_id, const std::string&,
                       const std::stop_token&) override {
    TRY_OK(queries_->Job(job_id));
    return Fatal("suspend the job: it is a process of this machine", job_id,
                 "pause it: its process waits, and holds its memory", Code::kConflict);
  }

  Result<void> Resume(const std::string& job_id, const std::string& who, const std::string& reason,
                      const std::stop_token& stop) override {
    TRY_OK(CheckName(job_id));
    TRY(const JobSummary job, queries_->Job(job_id));
    TRY_OK(CheckIsOfHere(job));
    if (job.status == "cancelled" || job.status == "completed") {
      return Fatal(fmt::format("resume the job: it is {}", job.status), job_id,
                   job.status == "cancelled" ? "that is final: plan a new job"
                                             : "retry sends what could not be sent",
                   Code::kConflict);
    }
    TRY_OK(ChangeControls({.job_id = job_id, .change = {.paused = false}}, *queries_));
    const bool planned = job.status == "pending" && job.error.empty() && !IsMarked(job_id);
    if (planned) return {};  // nobody has started it
    TRY(const bool gone, AwaitGone(job, stop));
    if (!gone) return {};
    TRY_OK(Launch(job, {.who = who, .reason = reason, .again = false}));
    return AwaitBegun(job, stop);
  }

  Result<void> Scale(const std::string& job_id, int, const std::stop_token&) override {
    TRY_OK(queries_->Job(job_id));
    return Fatal("scale the job: its shards are threads of one process, as many as were planned",
                 job_id, "limits say how fast it may be", Code::kConflict);
  }

  Result<ReleasedPod> Release(const std::string& job_id, int, const std::stop_token&) override {
    TRY_OK(queries_->Job(job_id));
    return Fatal("release the worker: its job runs on this machine, not on nodes", job_id,
                 "resume starts it again", Code::kConflict);
  }

  // Its process sees it within two seconds.
  Result<void> Cancel(const std::string& job_id, const std::stop_token&) override {
    TRY_OK(queries_->Job(job_id));
    TRY_OK(submissions_->Cancel(job_id));
    return {};
  }

  Result<bool> ReadLogs(const LogsRequest& request, LogsListener& listener, bool follow,
                        const std::stop_token& stop) override {
    TRY_OK(CheckName(request.job_id));
    TRY_OK(queries_->Job(request.job_id));
    const auto over = [&] { return !follow || IsOver(request.job_id); };
    TRY_OK(ReadProcessLogs(PathOf(request.job_id, ".log"), request, listener, over, clock_, stop));
    return true;
  }

  Result<std::vector<PodRow>> Pods(const std::string& job_id, const std::stop_token&) override {
    TRY_OK(queries_->Job(job_id));
    std::vector<PodRow> pods;
    const auto mark = MarkIn(PathOf(job_id, ".job"));
    if (!mark || mark->pid == 0) return pods;
    pods.push_back({.job_id = job_id,
                    .name = fmt::format("process {}", mark->pid),
                    .started_at = mark->begun_at});
    return pods;
  }

  Result<std::optional<PodCounts>> CountsOf(const std::string&, const std::stop_token&) override {
    return std::nullopt;
  }

  std::vector<std::string> Troubles() override {
    const std::scoped_lock lock(mutex_);
    return std::exchange(troubles_, {});
  }

 private:
  std::string PathOf(const std::string& job_id, std::string_view kind) const {
    return fmt::format("{}/{}{}", options_.folder, job_id, kind);
  }
  bool IsMarked(const std::string& job_id) const {
    return MarkIn(PathOf(job_id, ".job")).has_value();
  }

  static Result<void> CheckName(const std::string& job_id) {
    const bool fits = !job_id.empty() && job_id.find('/') == std::string::npos &&
                      job_id.find('\0') == std::string::npos;
    if (fits) return {};
    return Invalid("name the job's files: a job's name has no slash", job_id);
  }

  static Result<void> CheckIsOfHere(const JobSummary& job) {
    if (!job.kubernetes && job.kubernetes_name.empty()) return {};
    return Fatal("start the job: it was given to Kubernetes", job.id, "ask whoever runs jobs there",
                 Code::kConflict);
  }

  Result<Descriptor> OpenLock(const std::string& job_id) const {
    const std::string path = PathOf(job_id, ".lock");
    Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock) return lock;
    return Fatal("open the job's lock: " + std::generic_category().message(errno), path);
  }

  bool IsAlive(const std::string& job_id) const {
    const auto lock = OpenLock(job_id);
    return lock && IsLocked(*lock);
  }

  // Nothing more will come of it by itself.
  bool IsOver(const std::string& job_id) {
    const auto job = queries_->Job(job_id);
    return job && (HasEnded(*job) || !IsMarked(job_id)) && !IsAlive(job_id);
  }

  // Of life, by one of its shards: somebody runs it here, by hand, or on another machine.
  Result<bool> GivesSigns(const JobSummary& job) {
    TRY(const auto shards, queries_->Shards(job.id));
    return std::ranges::any_of(shards, [&](const ShardSummary& shard) {
      const Standing standing = StandingOf(shard, options_.life);
      return standing == Standing::kRunning || standing == Standing::kPaused;
    });
  }

  // Whether nobody works on it: a process that has just died gave signs a moment ago, and one whose
  // job has failed may linger. False: somebody does, here, by hand, or on another machine.
  Result<bool> AwaitGone(const JobSummary& job, const std::stop_token& stop) {
    const SteadyTime deadline = clock_.Now() + std::max(kToEnd, options_.life + kLook * 10);
    for (;;) {
      const bool alive = IsAlive(job.id);
      if (alive && !HasEnded(job)) return false;
      TRY(const bool signs, GivesSigns(job));
      if (!alive && !signs) return true;
      if (clock_.Now() < deadline && clock_.SleepFor(kLook, stop)) continue;
      if (!alive) return false;
      return std::unexpected(Error{.remedy = Remedy::kWait,
                                   .what = "resume the job: its last process is still ending",
                                   .where = job.id,
                                   .hint = "try again in a moment"});
    }
  }

  std::vector<std::string> EnvironmentFor(const JobSummary& job) const {
    std::map<std::string, std::string> all;
    const auto take = [&](const Environment& environment, std::string_view name) {
      if (const auto value = environment(std::string(name))) {
        all.insert_or_assign(std::string(name), *value);
      }
    };
    for (const std::string_view name : kSurroundings) take(options_.environment, name);
    const Environment admins = WithAdminsNames(options_.environment);
    for (const auto& table : {ServiceSettings(), ReplaySettings()}) {
      for (const Setting& setting : table) {
        if (std::ranges::find(kNotPassedOn, setting.name) == std::end(kNotPassedOn)) {
          take(admins, setting.name);
        }
      }
    }
    const auto destination = ReadPlanConfig(job.config).destination;
    if (destination && destination->kind == Destination::kKafka) {
      all["KAFKA_BOOTSTRAP_SERVERS"] = destination->brokers;
      all["KAFKA_DESTINATIONS_TOPIC"] = destination->topic;
    }
    all["DATABASE_URL"] = options_.database_url;
    all["LOG_FORMAT"] = "json";
    all["REPROCESS_LOG_FILE"] = PathOf(job.id, ".log");
    std::vector<std::string> environment;
    for (const auto& [name, value] : all) environment.push_back(fmt::format("{}={}", name, value));
    return environment;
  }

  // One that is alive is left as it is.
  Result<void> Launch(const JobSummary& job, Mark mark) {
    const std::scoped_lock lock(mutex_);
    TRY(const Descriptor alive, OpenLock(job.id));
    if (!TakeLock(alive)) return {};
    TRY_OK(queries_->TellWhyStopped(job.id, ""));
    mark.moved = PlaceOf(job);
    auto launched = LaunchUnder(alive, job, std::move(mark));
    if (!launched) Forget(job.id);
    return launched;
  }

  Result<void> LaunchUnder(const Descriptor& alive, const JobSummary& job, Mark mark) {
    const std::string path = PathOf(job.id, ".log");
    const Descriptor log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log) return Fatal("open the log: " + std::generic_category().message(errno), path);
    mark.begun_at = FormatRfc3339(clock_.Wall());
    TRY_OK(WriteMark(PathOf(job.id, ".job"), mark));  // first: whoever dies here is followed
    std::vector<std::string> arguments = {"reprocess", "run", "--job=" + job.id};
    if (mark.again) arguments.emplace_back("--again");
    TRY(mark.pid, StartInBackground({.program = options_.program,
                                     .arguments = std::move(arguments),
                                     .environment = EnvironmentFor(job),
                                     .output = log.get(),
                                     .kept = alive.get()}));
    children_[mark.pid] = job.id;
    exits_.erase(job.id);
    (void)WriteMark(PathOf(job.id, ".job"), mark);  // which process it is, for people
    return {};
  }

  // A plan whose process ends before it has begun the job is not started, and neither is one that
  // nobody waits for any more: the error is what the process said.
  Result<void> AwaitBegun(const JobSummary& before, const std::stop_token& stop) {
    for (;;) {
      const bool alive = IsAlive(before.id);  // before the row is read: it may end in between
      TRY(const JobSummary job, queries_->Job(before.id));
      if (job.status == "running" || job.status != before.status) return {};
      if (!alive) return NotBegun(job.id);
      if (!clock_.SleepFor(kLook, stop)) return CallOff(job.id);
    }
  }

  // Before a job has begun nothing is lost by that. A process of whoever was here before us goes on.
  Result<void> CallOff(const std::string& job_id) {
    const std::scoped_lock lock(mutex_);
    const auto child = std::ranges::find(children_, job_id, &Children::value_type::second);
    if (child == children_.end()) return {};
    ::kill(child->first, SIGKILL);
    for (const SteadyTime late = clock_.Now() + kToEnd; IsAlive(job_id) && clock_.Now() < late;) {
      clock_.SleepFor(kLook, {});
    }
    TRY(const JobSummary job, queries_->Job(job_id));
    if (job.status == "running") return {};  // it had begun: it is started again
    Forget(job_id);
    return Stopped("start the job");
  }

  Result<void> NotBegun(const std::string& job_id) {
    const std::scoped_lock lock(mutex_);
    Forget(job_id);
    Error error = LastErrorIn(PathOf(job_id, ".log"))
                      .value_or(Error{.what = "its process ended", .code = Code::kInvalid});
    error.where = job_id;
    error.hint = "nothing was sent; its log may say more";
    return std::unexpected(WithContext("start the job", std::move(error)));
  }

  void Forget(const std::string& job_id) {
    std::remove(PathOf(job_id, ".job").c_str());
    exits_.erase(job_id);
    next_.erase(job_id);
  }

  std::vector<std::string> Marked() const {
    constexpr std::string_view kMark = ".job";
    std::vector<std::string> ids;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder, failed)) {
      const std::string name = entry.path().filename();
      if (name.ends_with(kMark)) ids.push_back(name.substr(0, name.size() - kMark.size()));
    }
    return ids;
  }

  void Supervise(const std::stop_token& stop) {
    SteadyTime tidied{};
    do {
      Reap();
      if (clock_.Now() - tidied > kTidies) {
        tidied = clock_.Now();
        const std::scoped_lock lock(mutex_);
        RemoveOldLogs(options_.folder, clock_.Wall());
      }
      for (const std::string& id : Marked()) {
        const std::scoped_lock lock(mutex_);
        if (const auto looked = LookAfter(id); !looked) Tell(id, looked.error().ToString());
      }
    } while (clock_.SleepFor(kRound, stop));
  }

  void Reap() {
    const std::scoped_lock lock(mutex_);
    std::erase_if(children_, [&](const auto& child) {
      const std::optional<int> exit = ExitOfChild(child.first);
      if (exit) exits_[child.second] = *exit;
      return exit.has_value();
    });
  }

  Result<void> LookAfter(const std::string& job_id) {
    if (IsAlive(job_id)) return {};
    const auto job = queries_->Job(job_id);
    if (!job && job.error().code != Code::kNotFound) return std::unexpected(job.error());
    const auto mark = MarkIn(PathOf(job_id, ".job"));
    if (!job || !mark || HasEnded(*job)) {
      Forget(job_id);
      return {};
    }
    return StartAgain(*job, *mark);
  }

  Result<void> StartAgain(const JobSummary& job, Mark mark) {
    const SteadyTime now = clock_.Now();
    if (PlaceOf(job) != mark.moved) {
      mark.moved = PlaceOf(job);
      mark.tries = 0;
    }
    if (mark.tries >= kMostTries) return GiveUp(job);
    const auto [next, first] = next_.try_emplace(job.id, now + kRound * (1 << mark.tries));
    if (now < next->second) return {};
    TRY(const bool elsewhere, GivesSigns(job));
    if (elsewhere) return {};
    TRY(const Descriptor alive, OpenLock(job.id));
    if (!TakeLock(alive)) return {};
    next_.erase(job.id);
    ++mark.tries;
    return LaunchUnder(alive, job, std::move(mark));
  }

  // Until somebody resumes it.
  Result<void> GiveUp(const JobSummary& job) {
    const auto exit = exits_.find(job.id);
    const auto last = LastErrorIn(PathOf(job.id, ".log"));
    const std::string error = last ? last->what : "";
    const std::string why = fmt::format(
        "its process {} {} times and came no further{}{}; resume it once the cause is gone",
        HowItEnded(exit != exits_.end() ? std::optional(exit->second) : std::nullopt),
        kMostTries + 1, error.empty() ? "" : ": ", error);
    TRY_OK(queries_->TellWhyStopped(job.id, why));
    Forget(job.id);
    Tell(job.id, why);
    return {};
  }

  void Tell(const std::string& job_id, const std::string& trouble) {
    std::string text = fmt::format("job {}: {}", job_id, trouble);
    if (told_.size() >= kMostTroubles * 10) told_.clear();
    if (told_.insert(text).second && troubles_.size() < kMostTroubles) {
      troubles_.push_back(std::move(text));
    }
  }

  using Children = std::map<pid_t, std::string>;

  const HereOptions options_;
  Clock& clock_;
  const std::string none_;
  const std::unique_ptr<Queries> queries_;
  const std::unique_ptr<Submissions> submissions_;
  std::mutex mutex_;                        // for what follows, and the files of marks
  Children children_;                       // whose jobs' processes they are
  std::map<std::string, int> exits_;        // of the last one of a job
  std::map<std::string, SteadyTime> next_;  // when it may be started again
  std::set<std::string> told_;
  std::vector<std::string> troubles_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace

Result<std::string> StateFolder(const Environment& environment) {
  if (const auto folder = environment("REPROCESS_STATE_DIR")) return *folder;
  return UsersStateFolder(environment, "name a folder with REPROCESS_STATE_DIR");
}

Result<std::unique_ptr<Launcher>> LaunchHere(HereOptions options, Database& database,
                                             Clock& clock) {
  std::error_code failed;
  if (std::filesystem::create_directories(options.folder, failed)) {
    std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all, failed);
  }
  if (failed)
    return Fatal(
        "make the state folder: " + failed.message(), options.folder,
        "jobs that run here need a folder that stays: in a container mount a volume there; "
        "elsewhere name one with REPROCESS_STATE_DIR");
  return std::make_unique<HereLauncher>(std::move(options), database, clock);
}

}  // namespace reprocess
