// The stages of a replay one by one, in this process and on this thread:
//
//   REPROCESS_BENCH_CORPUS=DIR micro [Google Benchmark's options]
//
// DIR holds corpus.ndjson and corpus.ndjson.gz; the first megabytes of either are read before
// anything is measured. ./dev bench gives its own corpus.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include <benchmark/benchmark.h>

#include "base/pipe.h"
#include "decode/codec.h"
#include "decode/line_splitter.h"
#include "filter/filter.h"
#include "model/key.h"

namespace reprocess {
namespace {

constexpr std::size_t kPlainBytes = 16 << 20;
constexpr std::size_t kGzipBytes = 2 << 20;
constexpr std::size_t kBatchBytes = 256 << 10;

std::string FirstOf(const char* name, std::size_t bytes) {
  const char* const directory = std::getenv("REPROCESS_BENCH_CORPUS");
  const std::string path = std::string(directory ? directory : ".") + "/" + name;
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.empty()) {
    std::fprintf(stderr, "micro: cannot read %s; set REPROCESS_BENCH_CORPUS\n", path.c_str());
    std::exit(1);
  }
  return text;
}

const std::string& Plain() {
  static const std::string text = FirstOf("corpus.ndjson", kPlainBytes);
  return text;
}
const std::string& Gzip() {
  static const std::string text = FirstOf("corpus.ndjson.gz", kGzipBytes);
  return text;
}

class Memory final : public ByteSource {
 public:
  explicit Memory(std::string_view bytes) : left_(bytes) {}
  Result<std::size_t> Read(std::span<char> out) override {
    const std::size_t bytes = left_.copy(out.data(), out.size());
    left_.remove_prefix(bytes);
    return bytes;
  }

 private:
  std::string_view left_;
};

LineSplitter NewSplitter(const BufferPool& pool) {
  return {FilePlace{}, {kBatchBytes, 10 << 20}, pool};
}

// The next batch of `text`, copied into the splitter as a source would.
LineSplitter::Cut CutBatch(LineSplitter& splitter, std::string_view& text) {
  while (!splitter.full() && !text.empty()) {
    const std::span<char> space = splitter.Space();
    const std::size_t bytes = text.copy(space.data(), space.size());
    text.remove_prefix(bytes);
    splitter.Fed(bytes);
  }
  return splitter.Take();
}

void SetRates(benchmark::State& state, std::size_t bytes, std::size_t lines) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(static_cast<std::int64_t>(lines));
}

void Splitter(benchmark::State& state) {
  const BufferPool pool(kBatchBytes);
  std::size_t lines = 0;
  for (auto _ : state) {
    LineSplitter splitter = NewSplitter(pool);
    for (std::string_view left = Plain(); !left.empty();) {
      lines += CutBatch(splitter, left).lines.size();
    }
  }
  SetRates(state, state.iterations() * Plain().size(), lines);
}
BENCHMARK(Splitter)->Unit(benchmark::kMillisecond);

// Verdicts overwrite verdicts, and compact lines stay as they are: one batch is judged again and
// again.
void Judge(benchmark::State& state) {
  const BufferPool pool(kBatchBytes);
  LineSplitter splitter = NewSplitter(pool);
  std::string_view left = Plain();
  LineSplitter::Cut cut = CutBatch(splitter, left);
  Batch batch;
  batch.buffer = std::move(cut.buffer);
  batch.lines = std::move(cut.lines);
  std::size_t bytes = 0, lines = 0;
  for (const Line& line : batch.lines) bytes += line.size;
  JobConfig config;
  config.connection_ids = {"connection-1"};
  Filter filter(config, nullptr, 10 << 20);
  for (auto _ : state) {
    filter.Judge(batch);
    lines += batch.lines.size();
  }
  SetRates(state, state.iterations() * bytes, lines);
}
BENCHMARK(Judge);

void DecodeGzip(benchmark::State& state) {
  std::string out(kBatchBytes, '\0');
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto decoder = MakeGzipDecoder(InputWindow(std::make_unique<Memory>(Gzip()), {}, 0), 0);
    // The corpus was cut: it ends with an error.
    while (const Result<std::size_t> read = decoder->Read(out)) {
      if (*read == 0) break;
      bytes += *read;
    }
  }
  SetRates(state, bytes, 0);
}
BENCHMARK(DecodeGzip)->Unit(benchmark::kMillisecond);

void LineKey(benchmark::State& state) {
  const FileKey file = FileKeyOf("/var/log/failover/kafka_failover_2026_05_01T00_00_00.ndjson.gz");
  std::uint64_t byte = 0;
  for (auto _ : state) benchmark::DoNotOptimize(LineKeyOf(file, byte += 1606));
  SetRates(state, 0, state.iterations());
}
BENCHMARK(LineKey);

// From one thread to another: a batch of the usual weight through a pipe of the usual bound.
void PipeHandOver(benchmark::State& state) {
  Pipe<Batch> pipe(2 << 20);
  std::thread receiver([&pipe] {
    for (;;) {
      const auto next = pipe.Next(SteadyTime::max());
      if (!next || !std::holds_alternative<Batch>(*next)) return;
    }
  });
  for (auto _ : state) pipe.Push(Batch{}, kBatchBytes);
  pipe.Finish();
  receiver.join();
  SetRates(state, 0, state.iterations());
}
BENCHMARK(PipeHandOver)->MeasureProcessCPUTime();

void BufferFromPool(benchmark::State& state) {
  BufferPool pool(kBatchBytes);
  for (auto _ : state) benchmark::DoNotOptimize(pool.Take());
}
BENCHMARK(BufferFromPool);

}  // namespace
}  // namespace reprocess

BENCHMARK_MAIN();
