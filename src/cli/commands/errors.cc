#include "views/errors.h"

#include <cstdio>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/reasons.h"
#include "cli/values.h"
#include "jobs/ask.h"
#include "jobs/raw_lines.h"
#include "storage/make_storage.h"

namespace reprocess {
namespace {

constexpr int kMostRows = 10'000'000, kDefaultRows = 50;

constexpr Option kReason{option::kBooks, "--reason",
                         "NAME",         "only rows of this reason",
                         false,          [] { return ReasonNames(" "); }};
constexpr Option kLimit{option::kBooks, "--limit", "N", "show at most N rows (default 50)"};
constexpr Option kRaw{option::kBooks, "--raw", "",
                      "write the lines themselves, all of them but for --limit"};
constexpr Option kOptions[] = {kReason, kLimit, kRaw, option::kDatabase, option::kJson};
constexpr Example kExamples[] = {
    {"All reasons and the first rows", "reprocess errors job-7"},
    {"Every line that is no JSON, to mend it",
     "reprocess errors job-7 --reason invalid_json --raw >bad.ndjson"}};

Result<ExitCode> WriteRawLines(const Given& given, const Program& program) {
  if (given.Has(option::kJson)) {
    return Invalid("read --raw: it cannot be combined with --json", {},
                   "the lines are written as they are");
  }
  TRY(const EnvironmentConfig config, LoadEnvironment(program.environment));
  RawLinesRequest request{
      .job_id = given.arguments.front(), .reason = {}, .settings = config.settings};
  TRY(request.reason, ReasonArgument(given.Text(kReason)));
  TRY(request.most, CountOf(kLimit.name, given.Text(kLimit), 0, INT64_MAX, 0));
  SetUpLog(LogLevel::kError, LogFormat::kText, {});
  std::FILE* const out = program.console.out;
  const auto write = [&](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), out);
    std::fputc('\n', out);
  };
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  const auto storage = MakeStorage(request.settings, program.environment);
  TRY(const RawLinesReport report,
      ReadRawLines(request, *queries, *storage, write, program.stop_on_signals()));
  std::fflush(out);
  PrintWarnings(program.console, report.warnings, false);
  return report.warnings.empty() ? ExitCode::kCompleted : ExitCode::kFailedFiles;
}

std::string ErrorsText(const ErrorsView& view, std::uint64_t most, const Screen& screen) {
  if (view.reasons.empty()) return "no errors\n";
  const std::string rows = ErrorTable(view.rows, screen);
  const std::string streams = StreamTable(view.streams, screen);
  std::string text = ReasonTable(view.reasons, screen) + (streams.empty() ? "" : "\n" + streams) +
                     (rows.empty() ? "" : "\n" + rows);
  if (view.rows.size() == most && most > 0) {
    text += fmt::format("(the first {}; --limit shows more)\n", Plural(most, "row"));
  }
  return text;
}

Result<ExitCode> ShowErrors(const Given& given, const Program& program) {
  if (given.Has(kRaw)) return WriteRawLines(given, program);
  const std::string& job = given.arguments.front();
  TRY(const auto reason, ReasonArgument(given.Text(kReason)));
  TRY(const auto most, CountOf(kLimit.name, given.Text(kLimit), 0, kMostRows, kDefaultRows));
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  TRY(const ErrorsView view,
      ViewErrors(*queries, job, {.reason = reason, .most = static_cast<int>(most)}));
  Print(program.console.out,
        given.Has(option::kJson) ? ErrorsJson(job, view) : ErrorsText(view, most, program.Out()));
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kErrorsCommand = {
    "errors",
    "JOB",
    "show the lines that were not sent, and why",
    "Counts by reason and, of unknown streams, by stream; then rows with file, line, byte offset "
    "and a\n"
    "sample. With --raw the lines alone, whole and as they were, read from the files again: exit "
    "code 2\n"
    "where some could not be.",
    kOptions,
    kExamples,
    ShowErrors};

}  // namespace reprocess
