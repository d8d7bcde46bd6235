#include "cli/missing_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/table.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::size_t kShownFiles = 50;

std::string About(const MissingInPaths& found, const Screen& screen) {
  const MissingReport& report = found.report;
  std::string text =
      fmt::format("{} of topic {}", Plural(report.records, "committed record"), report.topic);
  if (report.topics.size() > 1) {
    text += fmt::format(" and {} of its shards", report.topics.size() - 1);
  }
  text += report.covered
              ? fmt::format("; of lines from {} on it can tell", FormatRfc3339(*report.covered))
              : fmt::format("; {}, so that it can tell of no line that it never was there",
                            report.tells_nothing);
  if (report.copies > 0) {
    text += fmt::format("; {} more are retries of a consumer, and do not count",
                        Thousands(report.copies));
  }
  if (!found.connections_compared) text += "; which connections they go to was not compared";
  return Wrapped(text, screen.columns, 0) + "\n";
}

std::string CountTable(const MissingReport& report, const Screen& screen) {
  const MissingCounts& counts = report.counts;
  Table table({{}, {"lines", Align::kRight}, {}}, "  ");
  const auto add = [&](const std::string& name, std::uint64_t lines, const std::string& what,
                       bool always = false) {
    if (lines > 0 || always) table.Add({name, Thousands(lines), what});
  };
  add("there", counts.there, "in the topic", true);
  add("partly", counts.partly, "in the topic, for some of their connections");
  add("missing", counts.missing, "not in the topic", true);
  add("outside", counts.outside, "not there, but older than what it still has");
  add("foreign", counts.foreign, "not there, without an origin: not ingest's");
  add("not sent", counts.not_sent, "by filters, or errors");
  add("all", counts.lines,
      report.equal > 0 ? fmt::format("{} of them repeat an earlier one, the first is {}",
                                     Thousands(report.equal), Printable(report.equal_at, 120))
                       : "",
      true);
  return table.Render(screen);
}

std::string FileTable(const MissingReport& report, const Screen& screen) {
  Table table({{"file", Align::kLeft, true},
               {"lines", Align::kRight},
               {"there", Align::kRight},
               {"missing", Align::kRight},
               {"other", Align::kRight}},
              "  ");
  for (std::size_t i = 0; i < std::min(report.files.size(), kShownFiles); ++i) {
    const MissingOfFile& file = report.files[i];
    const MissingCounts& counts = file.counts;
    table.Add({Printable(file.item.path, 120), Thousands(counts.lines), Thousands(counts.there),
               Thousands(counts.missing), Thousands(counts.lines - counts.there - counts.missing)});
    if (file.equal > 0 && file.equal == counts.lines - counts.not_sent) {
      table.AddBelow("all of its lines repeat earlier ones: is it a copy?");
    }
    if (!file.failure.empty()) {
      table.AddBelow("not read to its end: " + Printable(file.failure, 300));
    }
  }
  std::string text = table.Render(screen);
  if (report.files.size() > kShownFiles) {
    text += fmt::format("  ... and {} more (--json has all)\n",
                        Thousands(report.files.size() - kShownFiles));
  }
  return text;
}

}  // namespace

std::string MissingText(const MissingInPaths& found, const Screen& screen) {
  return About(found, screen) + "\n" + CountTable(found.report, screen) + "\n" +
         FileTable(found.report, screen);
}

std::string MissingProgressText(const MissingProgress& progress) {
  return fmt::format("pass {} of {}: {}, {}", progress.pass, progress.passes,
                     Plural(progress.lines, "line"), Plural(progress.records, "record"));
}

}  // namespace reprocess
