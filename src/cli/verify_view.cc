#include "cli/verify_view.h"

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/table.h"

namespace reprocess {
namespace {

constexpr std::size_t kPathWidth = 1'000;  // to be found, not to be pretty

std::string FindingsTable(const VerifyReport& report, const Screen& screen) {
  if (report.findings.empty()) return {};
  Table table({{"finding"},
               {"file", Align::kLeft, true},
               {"line", Align::kRight},
               {"byte", Align::kRight},
               {"partition", Align::kRight},
               {"offset", Align::kRight}});
  for (const FoundLine& line : report.findings) {
    const bool record = line.partition >= 0;
    table.Add({std::string(NameOf(line.finding)), Printable(line.path, kPathWidth),
               line.line == 0 ? "?" : Thousands(line.line), std::to_string(line.byte),
               record ? std::to_string(line.partition) : "",
               record ? std::to_string(line.offset) : ""});
  }
  std::string text = "\n" + table.Render(screen);
  const std::uint64_t left_out = report.wrong() - report.findings.size();
  if (left_out > 0) text += fmt::format("({} more; --limit shows them)\n", Thousands(left_out));
  return text;
}

// "; not sent: 160 lines, 1 file incomplete": what the verdict does not speak of.
std::string NotSent(const VerifyReport& report) {
  std::string text;
  if (report.not_sent > 0) text += Plural(report.not_sent, "line");
  if (report.incomplete > 0) {
    text += (text.empty() ? "" : ", ") + Plural(report.incomplete, "file") + " incomplete";
  }
  return text.empty() ? text : "; not sent: " + text;
}

std::string Conclusion(const VerifyReport& report) {
  if (report.wrong() > 0) {
    return fmt::format("NOT all there: {} missing, {} doubled, {} altered\n",
                       Thousands(report.totals[0]), Thousands(report.totals[1]),
                       Thousands(report.totals[2]));
  }
  if (!report.doubts.empty()) return "cannot be verified: nothing wrong was found, but see above\n";
  if (report.counts_only) {
    return "counts agree: as many records as lines were sent (which ones, only a verify without "
           "--counts proves)\n";
  }
  return fmt::format("all {} sent lines are there, each once{}\n", Thousands(report.sent),
                     NotSent(report));
}

}  // namespace

std::string VerifyProgressText(const VerifyProgress& progress) {
  if (!progress.waiting.empty()) return "waiting: " + progress.waiting;
  const std::string what = progress.records > 0 ? Plural(progress.records, "record") + " read"
                                                : Plural(progress.lines, "line") + " expected";
  return fmt::format("pass {} of {}: {}", progress.pass, progress.passes, what);
}

std::string VerifyText(const VerifyReport& report, const Screen& screen) {
  std::string text = fmt::format("job {}, Kafka topic {}\n", report.job_id, report.topic);
  Table table({{}, {{}, Align::kRight}, {}}, "  ");
  table.Add({"lines sent, by the books", Thousands(report.sent), ""});
  if (!report.counts_only) {
    table.Add({"lines that must be there", Thousands(report.expected), ""});
    table.Add({"found", Thousands(report.found), ""});
  }
  table.Add({"committed records in the job's stretch", Thousands(report.records), ""});
  table.Add({"of other traffic", Thousands(report.others), ""});
  text += table.Render() + FindingsTable(report, screen);
  if (!report.doubts.empty()) text += "\ncannot be verified:\n";
  for (const Doubt& doubt : report.doubts) {
    const std::string lines = doubt.lines > 0 ? " (" + Plural(doubt.lines, "line") + ")" : "";
    const std::string where = Printable(doubt.where, kPathWidth);
    text +=
        "  " + Wrapped(fmt::format("{}: {}{}", where, doubt.why, lines), screen.columns, 2) + "\n";
  }
  return text + "\n" + Wrapped(Conclusion(report), screen.columns, 0);
}

}  // namespace reprocess
