#include "jobs/report.h"

#include <fstream>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/reasons.h"
#include "cli/status_view.h"
#include "views/report.h"

namespace reprocess {
namespace {

constexpr Option kHtml{option::kBooks, "--html", "FILE",
                       "write it as a page of its own, to keep, send or print"};
constexpr Option kOptions[] = {kHtml, option::kDatabase, option::kJson};
constexpr Example kExamples[] = {
    {"After a replay that was verified", "reprocess report may-1"},
    {"To keep with the incident", "reprocess report may-1 --html may-1.html"},
    {"For a script", "reprocess report may-1 --json"}};

std::string ReportText(const CompletionReport& report, const std::vector<NextStep>& next,
                       const std::string& sha256, const Screen& screen) {
  std::string text = AboutJob(report, screen);
  const auto add = [&](std::string_view title, const std::string& value) {
    text += fmt::format("{:<{}}{}\n", title, kJobTitle, Wrapped(value, screen.columns, kJobTitle));
  };
  for (const std::string& problem : report.problems) add("NOT right", Printable(problem, 300));
  add("verified", VerdictSentence(report));
  text += FailedFilesText(report, screen);
  if (const auto reasons = ReasonTable(report.reasons, screen); !reasons.empty()) {
    text += "\nErrors, a sample each\n" + reasons;
  }
  text += NextText(next);
  return text + fmt::format("\nSHA-256 of its --json\n  {}\n", sha256);
}

Result<void> Write(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << page;
  file.close();
  if (file) return {};
  return Fatal("write the page: the file cannot be written", path, "name another FILE");
}

Result<ExitCode> ShowReport(const Given& given, const Program& program) {
  TRY(const EnvironmentConfig config, LoadEnvironment(program.environment));
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  TRY(const CompletionReport report,
      ReportOf(*queries, given.arguments.front(), LifeOf(config.settings), SystemClock().Wall()));
  const auto next = NextSteps(report, JobOptionsOf(given, config));
  const std::string json = CompletionJson(report, next), sha256 = Hex(Sha256(json));
  if (const std::string& path = given.Text(kHtml); !path.empty()) {
    TRY_OK(Write(path, CompletionPage(report, sha256)));
  }
  Print(program.console.out,
        given.Has(option::kJson) ? json : ReportText(report, next, sha256, program.Out()));
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kReportCommand = {
    "report",
    "JOB",
    "sum a job up: what was replayed, whether it adds up, what verify found",
    "The completion report, to keep: what the job was of, how it ended, the balance of its lines, "
    "the\n"
    "lines that were not sent by reason, and the verdict of the last verify. With --html also as a "
    "page\n"
    "that needs nothing else. Its SHA-256 is that of the document that --json prints.\n"
    "\n"
    "Exit codes: 0 whatever it says; `reprocess status JOB --exit-status` exits as the job did.",
    kOptions,
    kExamples,
    ShowReport};

}  // namespace reprocess
