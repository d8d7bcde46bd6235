#include "verify/verify.h"

#include <utility>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/silence.h"
#include "cli/values.h"
#include "cli/verify_view.h"
#include "storage/make_storage.h"
#include "views/verify.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMostMebibytes = 1 << 20;

constexpr Option kCounts{option::kHow, "--counts", "",
                         "compare numbers alone: quick, and less of a proof"};
constexpr Option kMemory{
    option::kHow, "--memory", "MIB",
    "for keys (default 1024: 21 million lines); what does not fit takes more passes"};
constexpr Option kLimit{option::kBooks, "--limit", "N",
                        "name at most N lines of each kind (default 100)"};
constexpr Option kOptions[] = {kCounts, kMemory,           option::kJobsKafka, option::kJobsTopic,
                               kLimit,  option::kDatabase, option::kJson};
constexpr Example kExamples[] = {
    {"After a replay", "reprocess verify job-7"},
    {"A quick look, for a script", "reprocess verify job-7 --counts --json"}};

Result<VerifyRequest> RequestOf(const Given& given, const Environment& environment) {
  TRY(EnvironmentConfig config, LoadWithJobsKafka(given, environment));
  VerifyRequest request;
  TRY(const auto mebibytes,
      CountOf(kMemory.name, given.Text(kMemory), 1, kMostMebibytes, request.memory_bytes >> 20));
  TRY(request.most_findings,
      CountOf(kLimit.name, given.Text(kLimit), 0, INT32_MAX, request.most_findings));
  request.memory_bytes = mebibytes << 20;
  request.job_id = given.arguments.front();
  request.counts_only = given.Has(kCounts);
  request.kafka = std::move(config.kafka);
  request.settings = config.settings;
  return request;
}

Result<ExitCode> VerifyJob(const Given& given, const Program& program) {
  TRY(const VerifyRequest request, RequestOf(given, program.environment));
  const Console& console = program.console;
  const bool json = given.Has(option::kJson);
  SetUpLog(LogLevel::kError, console.log, {});
  const bool show = CanDraw(console.err, program.environment) && !json;
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  const auto storage = MakeStorage(request.settings, program.environment);
  const std::stop_token stop = program.stop_on_signals();
  Silence silence(console);
  std::string told;
  const auto progress = [&](const VerifyProgress& so_far) {
    using Asks = VerifyProgress::Asks;
    const bool waits = !so_far.waiting.empty();
    if (so_far.asks == Asks::kBooks) silence.Begin(DatabaseInWords(given));
    if (so_far.asks == Asks::kKafka) silence.Begin(KafkaInWords(given, request.kafka));
    if (so_far.asks == Asks::kLines || waits) silence.End();
    if (!waits && so_far.passes == 0) return;
    if (show) return Print(console.err, "\r" + VerifyProgressText(so_far) + "\x1b[K");
    if (waits && std::exchange(told, so_far.waiting) != so_far.waiting) {
      Tell(console, VerifyProgressText(so_far));
    }
  };
  const auto report = Verify(request, *queries, *storage, progress, stop);
  silence.End();
  if (show) Print(console.err, "\r\x1b[K");
  if (!report && report.error().code == Code::kUnsupported) {
    PrintError(console, report.error(), json);
    return ExitCode::kUnverified;
  }
  if (!report) return std::unexpected(report.error());
  if (const auto kept = queries->StoreVerify(request.job_id, ResultOf(*report)); !kept) {
    const Error why = WithContext("the report will lack this verdict", kept.error());
    PrintWarnings(console, {why.ToString()}, false);
  }
  Print(console.out, json ? VerifyJson(*report) : VerifyText(*report, program.Out()));
  if (report->wrong() > 0) return ExitCode::kFailedFiles;
  return report->doubts.empty() ? ExitCode::kCompleted : ExitCode::kUnverified;
}

}  // namespace

constinit const Command kVerifyCommand = {
    "verify",
    "JOB",
    "prove that all a job sent is in its topic, each line once",
    "Reads the topic between the offsets where the job began and ended, and the job's files again, "
    "and\nnames each line that is missing, doubled or has other bytes. Other traffic is counted "
    "and ignored.\nSends nothing, and does not ask the streams repository.\n\nExit codes: 0 all "
    "there, 2 missing, doubled or altered, 5 cannot be verified.",
    kOptions,
    kExamples,
    VerifyJob};

}  // namespace reprocess
