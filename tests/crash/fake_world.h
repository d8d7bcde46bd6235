// A world in memory around one shard: storage, broker, database and clock outlive the workers that
// run in it one after the other, each of which may die at any step.
//
//   use        set it up, tell the next worker its fate, RunWorker(), look at what is there
//   checks     the oracle knows the lines' letters (lines.h) alone, none of the code under test
//   threads    the test's; with `threads` the worker has its own, and may not die
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crash/fake_broker.h"
#include "crash/fake_clock.h"
#include "crash/fake_database.h"
#include "crash/fake_storage.h"
#include "crash/lines.h"
#include "crash/process.h"
#include "replay/replay.h"

namespace reprocess::test {

class FakeWorld {
 public:
  FakeWorld();
  ~FakeWorld();
  FakeWorld(const FakeWorld&) = delete;

  FakeClock clock;
  FakeStorage storage;
  FakeBroker broker{clock};
  FakeDatabase database{clock};

  JobConfig config = ConfigOfLetters();
  Settings settings;
  Destination::Kind destination = Destination::kKafka;
  int index = 0, total = 1;  // of the shard; the oracle knows the only one of one
  bool threads = false;
  Clock* time = &clock;  // what the worker reads
  ThrottleSource* throttle = nullptr;
  // Each reading of a file's bytes takes so long: the ledger stores in one go what is read in 20 ms.
  Milliseconds read_takes{25};
  std::function<Result<std::optional<std::string>>(int)> read_shard;

  void AddFile(const std::string& path, std::string_view letters);
  void AddGzipFile(const std::string& path, std::string_view letters);  // a member for 5 lines
  // `times` readings break inside line `line` (from 1) of a plain file; it can be read again after
  // that. kRetry: the storage hopes.
  void BreakInsideLine(const std::string& path, std::size_t line, int times,
                       Remedy remedy = Remedy::kCount);
  void Mend(const std::string& path);

  // The fate of the next worker.
  Process& next() { return *next_; }

  // Runs a worker with a new owner id. nullopt: it died.
  using Ended = std::optional<Result<ReplayOutcome>>;
  Ended RunWorker(std::stop_token stop = {});
  Outcome RunToItsEnd();  // fails the test if it dies, or ends with an error

  // Of the last worker.
  const std::vector<std::string>& steps() const { return last_steps_; }
  const std::vector<std::string>& waits() const { return last_waits_; }

  ShardTask Task() const;
  std::vector<std::string> Delivered() const;  // committed values, in order of their sending
  Checkpoint Committed() const;                // as stored at the destination, decoded

  // What must be there in the end. A file cut or broken for good is told to the oracle first.
  void ExpectUnreadableFrom(const std::string& path, std::size_t line);  // from 1
  void ExpectLimit(std::uint64_t limit);                                 // 0: none
  std::vector<std::string> Sendable() const;
  void CheckExactlyOnce() const;
  // Nothing lost, nothing foreign, at most `doubled` records twice.
  void CheckAtLeastOnce(std::size_t doubled) const;
  void CheckBooks() const;
  void CheckLedgerCounts() const;  // also where rows are approximate: the lines of each reason

 private:
  struct Expected {
    FileState state = FileState::kDone;
    std::size_t lines = 0;  // that are read
  };
  void Add(const PlannedFile& file, std::string bytes);
  Expected ExpectedOf(std::size_t file, std::uint64_t& left) const;
  void CheckFile(std::size_t file, const Expected& expected, const FileRow& row) const;
  void CheckErrorRows(const std::set<std::string>& expected) const;
  Result<std::unique_ptr<Sink>> MakeSink(Process& process, Mode mode);

  std::vector<PlannedFile> files_;
  std::map<std::string, std::size_t> unreadable_from_;
  std::optional<std::uint64_t> limit_;
  const StreamMap streams_ = StreamsOfLetters();
  std::filesystem::path directory_;  // of the file sink
  std::unique_ptr<Process> next_ = std::make_unique<Process>();
  std::vector<std::string> last_steps_, last_waits_;
  int workers_ = 0;
};

}  // namespace reprocess::test
