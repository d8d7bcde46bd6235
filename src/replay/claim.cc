#include "replay/claim.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "replay/at_least_once_sink.h"
#include "replay/error_limit.h"
#include "replay/with_database.h"

namespace reprocess {
namespace {

constexpr Milliseconds kCommitWithin{10'000};
constexpr std::string_view kStartOver = "use a new JOB_ID, or `reprocess reset JOB` to start over";
constexpr std::string_view kSendTheRest =
    "a plan of the same files with --only-missing sends what the topic lacks, "
    "`reprocess reset JOB` all once more";

// Whether the row tells of a run that binds this one: its mode, and that a checkpoint must be
// there.
bool Begun(const std::optional<ShardRow>& row) {
  if (!row || row->owner.generation == 0) return false;
  const auto checkpoint = Decode(row->checkpoint);
  return !checkpoint || !IsReset(*checkpoint);
}

constexpr std::string_view kAnyDifference =
    "files, filters, limits, number of workers or destination";

std::unexpected<Error> BegunWith(std::string_view differences, std::string where) {
  return Fatal(fmt::format("claim the shard: this job was begun with other {}", differences),
               std::move(where), fmt::format("restore them to go on; {}", kStartOver),
               Code::kConflict);
}

bool Transient(const Error& error) {
  return error.remedy == Remedy::kWait || error.remedy == Remedy::kRetry ||
         error.remedy == Remedy::kAbortAndRewind;
}

}  // namespace

std::unexpected<Error> FencedBy(std::string_view owner, std::uint64_t generation) {
  return std::unexpected(
      Error{.remedy = Remedy::kFenced,
            .what = fmt::format("claim the shard: owner {} of generation {} has taken it over",
                                owner, generation),
            .code = Code::kConflict});
}

Claimer::Claimer(const ShardTask& task, const Ports& ports, Owner& owner)
    : task_(task),
      ports_(ports),
      owner_(owner),
      shard_{task.assignment.job_id, task.assignment.index},
      fingerprint_(
          FingerprintOf(task.assignment, task.config, FingerprintNameOf(task.destination))) {}

Patience Claimer::PatienceUntil(SteadyTime deadline, const std::stop_token& stop) const {
  return {ports_.clock, deadline, stop,
          [this](const std::string& why) { ports_.observer.Waiting(why); }};
}

Result<Claimed> Claimer::AtStart(const std::stop_token& stop) {
  // Fenced: someone else claimed between our look and our claim. Look again.
  const auto heals = [](const Error& error) {
    return Transient(error) || error.remedy == Remedy::kFenced;
  };
  // The patience for what is away begins when no live owner is left to wait for.
  std::optional<Result<std::optional<ShardRow>>> found = WaitForOwner(stop);
  const SteadyTime deadline = ports_.clock.Now() + task_.settings.start_timeout;
  return Patiently<Claimed>(PatienceUntil(deadline, stop), heals, [&]() -> Result<Claimed> {
    if (!found) found = WaitForOwner(stop);
    TRY(const std::optional<ShardRow> row, *std::exchange(found, std::nullopt));
    TRY_OK(CheckStoredMode(row));
    TRY_OK(CheckPrint());
    if (auto over = TooManyErrors(row)) return *std::move(over);
    const Mode mode = FirstMode(row);
    Result<Claimed> claimed = ClaimAs(mode, row, stop);
    if (claimed || !MayFallBack(row, mode, claimed.error())) return claimed;
    Log(LogLevel::kWarn, "no transactions here: delivering at least once",
        {{"why", claimed.error().ToString()}});
    return ClaimAs(Mode::kAtLeastOnce, row, stop);
  });
}

// An owner whose heartbeat moves while we watch is alive: wait for it, never fence it.
Result<std::optional<ShardRow>> Claimer::WaitForOwner(const std::stop_token& stop) {
  const Settings& settings = task_.settings;
  const auto find = [&]() -> Result<std::optional<ShardRow>> {
    return Patiently<std::optional<ShardRow>>(
        PatienceUntil(ports_.clock.Now() + settings.start_timeout, stop), IsTransient,
        [&] { return ports_.shards.Find(shard_); });
  };
  TRY(std::optional<ShardRow> row, find());
  SteadyTime watch_until = ports_.clock.Now() + settings.claim_wait;
  bool told = false, alive = false;
  while (row && row->owner.id != owner_.id &&
         row->heartbeat_age < 3 * settings.heartbeat_interval) {
    const auto checkpoint = Decode(row->checkpoint);
    if (checkpoint && checkpoint->state != ShardState::kRunning) break;
    if (ports_.clock.Now() >= watch_until) break;
    if (!told) {
      ports_.observer.Waiting(fmt::format("owner {} on {} may still be alive: watching for {} ms",
                                          row->owner.id, row->owner.host,
                                          settings.claim_wait.count()));
      told = true;
    }
    if (!ports_.clock.SleepFor(settings.heartbeat_interval / 4, stop))
      return Stopped("claim the shard");
    const std::int64_t before = row->heartbeat_ms;
    TRY(row, find());
    if (!row || row->heartbeat_ms == before) continue;
    watch_until = ports_.clock.Now() + settings.claim_wait;
    if (!alive) {
      ports_.observer.Waiting(
          fmt::format("owner {} on {} is alive: waiting for it", row->owner.id, row->owner.host));
      alive = true;
    }
  }
  if (told) ports_.observer.Waiting("");
  return row;
}

Result<void> Claimer::CheckStoredMode(const std::optional<ShardRow>& row) const {
  if (!Begun(row)) return {};
  const auto refused = [&](std::string_view why) {
    return Fatal(fmt::format("claim the shard: {}", why),
                 fmt::format("job {}, shard {}", shard_.job_id, shard_.index),
                 std::string(kStartOver));
  };
  const auto now = task_.destination.kind;
  const bool was_dry = row->mode == Mode::kDryRun, is_dry = now == Destination::kNone;
  if (was_dry != is_dry) {
    return refused(was_dry ? "this job was a dry run; a dry run's job is not run for real"
                           : "this job was run for real; a dry run would delete its books");
  }
  if ((row->mode == Mode::kFiles) != (now == Destination::kFiles)) {
    return refused(
        fmt::format("this job delivers to another kind of destination ({})", NameOf(row->mode)));
  }
  const DeliveryChoice choice = task_.config.delivery;
  if ((choice == DeliveryChoice::kExactlyOnce && row->mode == Mode::kAtLeastOnce) ||
      (choice == DeliveryChoice::kAtLeastOnce && row->mode == Mode::kExactlyOnce)) {
    return refused(fmt::format("delivery {} was decided at its first claim, {} is asked for now",
                               NameOf(row->mode), NameOf(choice)));
  }
  return {};
}

// A dry run begins anew.
std::optional<Claimed> Claimer::TooManyErrors(const std::optional<ShardRow>& row) const {
  if (!Begun(row) || row->mode == Mode::kDryRun) return std::nullopt;
  const auto checkpoint = Decode(row->checkpoint);
  if (!checkpoint) return std::nullopt;
  const auto checked = CheckErrors(ports_, shard_, *checkpoint);
  if (checked) return std::nullopt;
  return Claimed{.end = Outcome::kTooManyErrors,
                 .mode = row->mode,
                 .sink = nullptr,
                 .checkpoint = *checkpoint,
                 .message = checked.error().ToString()};
}

// Shards are checked before a print is stored: a wrong list must not become the job's, where an
// earlier build began it without one.
Result<void> Claimer::CheckPrint() {
  if (task_.destination.kind == Destination::kNone) return {};
  TRY(std::optional<std::string> stored, ports_.shards.FindPrint(shard_.job_id));
  if (stored) TRY_OK(CheckPrintIs(*stored));
  TRY_OK(CheckShards(stored.has_value()));
  if (stored) return {};
  TRY_OK(ports_.shards.StorePrint(shard_.job_id, task_.print.text));
  TRY(stored, ports_.shards.FindPrint(shard_.job_id));  // another worker's, if it was first
  return stored ? CheckPrintIs(*stored) : Result<void>{};
}

Result<void> Claimer::CheckPrintIs(const std::string& stored) const {
  const std::string differences = Differences(stored, task_.print.text);
  if (differences.empty()) return {};
  return BegunWith(differences, fmt::format("job {}", shard_.job_id));
}

// `same_print`: the job has a print, which is ours.
Result<void> Claimer::CheckShards(bool same_print) const {
  const std::vector<std::string>& ours = task_.print.shards;
  const auto check = [&](int index, const std::string& text) -> Result<void> {
    const auto checkpoint = Decode(text);
    if (!checkpoint || IsReset(*checkpoint)) return {};
    const auto at = static_cast<std::size_t>(index);
    if (at < ours.size() && ours[at].empty()) return {};  // not known; the print speaks for it
    const auto is = [&](const std::vector<std::string>& prints) {
      return at < prints.size() && prints[at] == checkpoint->fingerprint;
    };
    if (is(ours) || std::ranges::any_of(task_.print.earlier, is)) return {};
    return BegunWith(same_print ? "limit" : kAnyDifference,
                     fmt::format("job {}, shard {}", shard_.job_id, index));
  };
  if (ports_.shards.Available()) {
    TRY(const auto checkpoints, ports_.shards.Checkpoints(shard_.job_id));
    for (const auto& [index, text] : checkpoints) TRY_OK(check(index, text));
  } else if (ports_.read_shard) {
    for (int index = 0; index < task_.assignment.total; ++index) {
      TRY(const std::optional<std::string> text, ports_.read_shard(index));
      if (text) TRY_OK(check(index, *text));
    }
  }
  return {};
}

Mode Claimer::FirstMode(const std::optional<ShardRow>& row) const {
  if (task_.destination.kind == Destination::kNone) return Mode::kDryRun;
  if (task_.destination.kind == Destination::kFiles) return Mode::kFiles;
  if (Begun(row)) return row->mode;
  return task_.config.delivery == DeliveryChoice::kAtLeastOnce ? Mode::kAtLeastOnce
                                                               : Mode::kExactlyOnce;
}

bool Claimer::MayFallBack(const std::optional<ShardRow>& row, Mode mode, const Error& error) const {
  return task_.config.delivery == DeliveryChoice::kAuto && mode == Mode::kExactlyOnce &&
         !Begun(row) && ports_.shards.Available().has_value() && error.remedy == Remedy::kStop &&
         (error.code == Code::kNotAuthorized || error.code == Code::kUnsupported);
}

Result<std::unique_ptr<Sink>> Claimer::OpenSink(Mode mode, const std::stop_token& stop) {
  TRY(std::unique_ptr<Sink> sink, ports_.make_sink(mode));
  if (mode == Mode::kAtLeastOnce) {
    if (Result<void> there = ports_.shards.Available(); !there) {
      return std::unexpected(WithContext(
          "claim the shard: at_least_once keeps its checkpoint there", std::move(there).error()));
    }
    sink = MakeAtLeastOnceSink(std::move(sink), ports_, task_, owner_);
  }
  TRY_OK(sink->Open(stop));
  return sink;
}

Result<Claimed> Claimer::ClaimAs(Mode mode, const std::optional<ShardRow>& row,
                                 const std::stop_token& stop) {
  Claimed claimed;
  claimed.mode = mode;
  TRY(claimed.sink, OpenSink(mode, stop));
  TRY(const std::optional<std::string> text, claimed.sink->ReadCheckpoint(Read::kStable));
  TRY(claimed.checkpoint, StartingPoint(mode, text, row));
  if (claimed.checkpoint.state == ShardState::kComplete) {
    claimed.end = Outcome::kAlreadyComplete;
    claimed.message = fmt::format("already complete; {}", kStartOver);
    // Whoever completed it may have died before it could say where.
    if (row && row->end_offsets.empty()) TRY_OK(StoreEnd(*claimed.sink, row->owner, stop));
    return claimed;
  }
  if (mode == Mode::kDryRun) TRY_OK(ports_.ledger.Clear(shard_));
  const std::uint64_t known =
      std::max(row ? row->owner.generation : 0, claimed.checkpoint.generation);
  TRY_OK(Commit(*claimed.sink, mode, claimed.checkpoint, known + 1, stop));
  return claimed;
}

Result<Checkpoint> Claimer::StartingPoint(Mode mode, const std::optional<std::string>& text,
                                          const std::optional<ShardRow>& row) const {
  Checkpoint fresh;
  fresh.fingerprint = fingerprint_;
  fresh.list_position = task_.assignment.files.empty() ? task_.assignment.index
                                                       : task_.assignment.files[0].list_position;
  if (mode == Mode::kDryRun) return fresh;
  const bool lost = !text && Begun(row);
  if (!text && !lost) return fresh;
  TRY(Checkpoint checkpoint, Decode(lost ? row->checkpoint : *text));
  if (lost && checkpoint.state != ShardState::kComplete) {
    return Fatal(
        "claim the shard: its checkpoint is lost: the consumer group has expired or was "
        "deleted, or the topic was made again",
        fmt::format("job {}, shard {}", shard_.job_id, shard_.index),
        fmt::format("what it had delivered is in reprocessing_shards; {}", kSendTheRest));
  }
  if (IsReset(checkpoint)) {
    fresh.generation = checkpoint.generation;
    return fresh;
  }
  if (checkpoint.fingerprint != fingerprint_ && !LiftLimit(checkpoint)) {
    return BegunWith(kAnyDifference, fmt::format("job {}, shard {}", shard_.job_id, shard_.index));
  }
  return checkpoint;
}

bool Claimer::LiftLimit(Checkpoint& checkpoint) const {
  const Assignment& assignment = task_.assignment;
  for (const std::uint64_t limit : task_.config.earlier_limits) {
    JobConfig earlier = task_.config;
    earlier.limit = limit;
    if (checkpoint.fingerprint !=
        FingerprintOf(assignment, earlier, FingerprintNameOf(task_.destination))) {
      continue;
    }
    checkpoint.fingerprint = fingerprint_;
    const bool cut = checkpoint.state == ShardState::kComplete &&
                     checkpoint.shard.success >= ShareOf(limit, assignment.index, assignment.total);
    if (!cut) return true;
    checkpoint.state = ShardState::kRunning;
    checkpoint.processed_files = checkpoint.processed_bytes = 0;
    for (const FileItem& file : assignment.files) {
      if (checkpoint.pass == Pass::kFirst && file.list_position >= checkpoint.list_position) break;
      ++checkpoint.processed_files;
      checkpoint.processed_bytes += ListedBytes(file);
    }
    return true;
  }
  return false;
}

Result<void> Claimer::Commit(Sink& sink, Mode mode, Checkpoint& checkpoint,
                             std::uint64_t generation, const std::stop_token& stop) {
  const bool finished = checkpoint.state == ShardState::kFinishedWithFailures;
  checkpoint.state = ShardState::kRunning;
  if (finished) {  // a new retry pass over what failed
    checkpoint.pass = Pass::kRetry;
    checkpoint.list_position = 0;
  }
  checkpoint.owner = owner_.id;
  checkpoint.generation = generation;
  Owner next = owner_;
  next.generation = generation;
  const std::string text = Encode(checkpoint, kMaxCheckpointBytes);
  TRY(std::vector<std::int64_t> offsets, sink.EndOffsets());
  // Where the row of a shard that has sent something was lost, its first offsets were too.
  if (checkpoint.shard.success > 0) offsets.clear();
  if (mode != Mode::kAtLeastOnce) {
    TRY_OK(sink.Begin());
    TRY_OK(sink.Commit(text, kCommitWithin));
  }
  owner_ = next;
  TRY_OK(WithDatabase(ports_, task_.settings, stop,
                      [&] { return ports_.shards.Claim(shard_, mode, owner_, text, offsets); }));
  ports_.observer.Claimed(mode, owner_);
  return TakeRowsBack(checkpoint, stop);
}

Result<void> Claimer::StoreEnd(Sink& sink, const Owner& owner, const std::stop_token& stop) {
  TRY(const auto offsets,
      Patiently<std::vector<std::int64_t>>(
          PatienceUntil(ports_.clock.Now() + task_.settings.kafka_timeout, stop), Transient,
          [&] { return sink.EndOffsets(); }));
  if (offsets.empty()) return {};
  return WithDatabase(ports_, task_.settings, stop,
                      [&] { return ports_.shards.StoreEnd(shard_, owner, offsets); });
}

Result<void> Claimer::TakeRowsBack(const Checkpoint& checkpoint, const std::stop_token& stop) {
  // Between two files of a retry pass the position names a file that may have been read well: its
  // rows stay.
  if (checkpoint.pass == Pass::kRetry && checkpoint.file == Counters{}) return {};
  return WithDatabase(ports_, task_.settings, stop, [&] {
    return ports_.ledger.Rewind(shard_, owner_, checkpoint.pass, checkpoint.list_position,
                                checkpoint.place.byte);
  });
}

Result<Checkpoint> Claimer::ReadOurs(Sink& sink, Read how) const {
  TRY(const std::optional<std::string> text, sink.ReadCheckpoint(how));
  if (!text) {
    return Fatal("read the checkpoint: it is lost", {}, std::string(kSendTheRest));
  }
  TRY(Checkpoint checkpoint, Decode(*text));
  if (checkpoint.owner != owner_.id && checkpoint.generation > owner_.generation) {
    return FencedBy(checkpoint.owner, checkpoint.generation);
  }
  return checkpoint;
}

Result<Checkpoint> Claimer::TryAgain(Sink& sink, Mode mode, const std::stop_token& stop) {
  TRY_OK(ReadOurs(sink, Read::kAsIs));
  TRY_OK(sink.Open(stop));
  TRY(Checkpoint checkpoint, ReadOurs(sink, Read::kStable));
  TRY_OK(
      Commit(sink, mode, checkpoint, std::max(checkpoint.generation, owner_.generation) + 1, stop));
  return checkpoint;
}

Result<Checkpoint> Claimer::Again(Sink& sink, Mode mode, SteadyTime deadline,
                                  const std::stop_token& stop) {
  return Patiently<Checkpoint>(PatienceUntil(deadline, stop), Transient,
                               [&] { return TryAgain(sink, mode, stop); });
}

}  // namespace reprocess
