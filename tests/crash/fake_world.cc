#include "crash/fake_world.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/log.h"
#include "decode/object_for_tests.h"
#include "filesink/file_sink.h"

namespace reprocess::test {
namespace {

constexpr char kJob[] = "job";
constexpr int kLinesAMember = 5;

}  // namespace

FakeWorld::FakeWorld() {
  SetUpLog(LogLevel::kOff, LogFormat::kText, {});
  settings.batch_bytes = 256;
  settings.commit_lines = 4;
  settings.max_line_bytes = kMaxLineBytes;
  broker.max_value_bytes = kMaxValueBytes;
  broker.client_refuses = ClientRefuses;
  broker.broker_refuses = BrokerRefuses;
  storage.on_read = [this] { clock.Advance(read_takes); };
}

FakeWorld::~FakeWorld() {
  if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

void FakeWorld::Add(const PlannedFile& file, std::string bytes) {
  storage.objects[file.path].bytes = std::move(bytes);
  files_.push_back(file);
}

void FakeWorld::AddFile(const std::string& path, std::string_view letters) {
  const PlannedFile file = PlanFile(path, letters);
  Add(file, file.Text());
}

void FakeWorld::AddGzipFile(const std::string& path, std::string_view letters) {
  const PlannedFile file = PlanFile(path, letters);
  const std::string text = file.Text();
  std::string bytes;
  for (std::size_t line = 0; line < file.lines.size(); line += kLinesAMember) {
    const std::size_t last = std::min(line + kLinesAMember, file.lines.size()) - 1;
    const std::uint64_t begin = file.lines[line].first_byte;
    bytes += GzipMember(std::string_view(text).substr(begin, file.lines[last].end_byte - begin));
  }
  Add(file, std::move(bytes));
}

void FakeWorld::BreakInsideLine(const std::string& path, std::size_t line, int times,
                                Remedy remedy) {
  const auto file = std::ranges::find(files_, path, &PlannedFile::path);
  storage.objects[path].breakage = {file->lines[line - 1].first_byte + 1, times, ReadError(remedy)};
}

void FakeWorld::Mend(const std::string& path) {
  storage.objects[path].breakage = {};
  unreadable_from_.erase(path);
}

ShardTask FakeWorld::Task() const {
  std::vector<FileItem> items;
  for (const PlannedFile& file : files_) {
    items.push_back({file.path, storage.objects.at(file.path).bytes.size(), ""});
  }
  ShardTask task;
  task.assignment = AssignmentOf(kJob, index, total, items, config);
  task.config = config;
  task.settings = settings;
  task.destination = {.kind = destination, .topic = "topic"};
  task.owner = {fmt::format("owner-{}", workers_), "host", 0};
  JobPrinter printer(total, config, FingerprintNameOf(task.destination));
  for (const FileItem& item : items) printer.Add(item);
  task.print = std::move(printer).Print();
  return task;
}

Result<std::unique_ptr<Sink>> FakeWorld::MakeSink(Process& process, Mode mode) {
  return process.Take("make_sink", [&]() -> Result<std::unique_ptr<Sink>> {
    std::unique_ptr<Sink> sink;
    if (mode == Mode::kDryRun) {
      sink = MakeNullSink();
    } else if (mode == Mode::kFiles) {
      TRY(sink, MakeFileSink(directory_, {kJob, index}));
    } else {
      sink = broker.Connect(mode == Mode::kExactlyOnce);
    }
    return std::make_unique<StepSink>(process, std::move(sink));
  });
}

FakeWorld::Ended FakeWorld::RunWorker(std::stop_token stop) {
  if (destination == Destination::kFiles && directory_.empty()) {
    // In memory, where there is such a place: nothing here depends on a disk.
    const std::filesystem::path memory = "/dev/shm";
    std::string name =
        ((std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
         "crash-XXXXXX")
            .string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
  }
  ++workers_;
  const std::unique_ptr<Process> process = std::exchange(next_, std::make_unique<Process>());
  const ShardTask task = Task();
  StepStorage step_storage(*process, storage);
  StepShards shards(*process, database);
  StepLedger ledger(*process, database);
  StepObserver observer(*process, database, database, {kJob, index});
  observer.on_progress = [this](const WorkerRow& row) {
    if (destination != Destination::kKafka) return;
    EXPECT_LE(row.counters.success, broker.Committed().size())
        << "a counter left the process before its commit";
  };
  const Ports ports{.storage = step_storage,
                    .make_sink = [&](Mode mode) { return MakeSink(*process, mode); },
                    .shards = shards,
                    .ledger = ledger,
                    .clock = *time,
                    .observer = observer,
                    .streams = &streams_,
                    .threads = threads,
                    .throttle = throttle,
                    .read_shard = read_shard};
  Ended ended;
  try {
    ended = ReplayShard(task, ports, std::move(stop));
  } catch (const Process::Died&) {
  }
  last_steps_ = process->steps();
  last_waits_ = observer.waits;
  return ended;
}

Outcome FakeWorld::RunToItsEnd() {
  const Ended ended = RunWorker();
  if (!ended) {
    ADD_FAILURE() << "the worker died";
  } else if (!*ended) {
    ADD_FAILURE() << (*ended).error().ToString();
  } else {
    return (*ended)->end;
  }
  return Outcome::kStopped;
}

std::vector<std::string> FakeWorld::Delivered() const {
  if (destination == Destination::kNone) return {};
  if (destination == Destination::kKafka) return broker.Committed();
  std::ifstream file(directory_ / kJob / "0.ndjson");
  std::vector<std::string> values;
  for (std::string line; std::getline(file, line);) values.push_back(line);
  return values;
}

Checkpoint FakeWorld::Committed() const {
  std::string text;
  if (const auto row = database.shards.find(0); row != database.shards.end()) {
    text = row->second.checkpoint;
    if (row->second.mode == Mode::kExactlyOnce) text = broker.checkpoint.value_or("none");
  }
  if (destination == Destination::kFiles) {
    std::uint64_t bytes = 0;
    std::ifstream file(directory_ / kJob / "0.checkpoint");
    file >> bytes >> std::ws;
    std::getline(file, text);
  }
  const Result<Checkpoint> checkpoint = Decode(text);
  EXPECT_TRUE(checkpoint) << text;
  return checkpoint.value_or(Checkpoint{});
}

}  // namespace reprocess::test
