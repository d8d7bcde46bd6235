#include "cli/inspect_view.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/table.h"
#include "model/max_errors.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::size_t kShown = 20;  // rows of a table of names; JSON has all
constexpr std::size_t kShownHours = 72, kShownFiles = 50, kSampleWidth = 200;

std::string TimeOrDash(std::optional<WallTime> time) {
  return time ? FormatRfc3339(*time) : "-";
}
std::string More(std::size_t all, std::size_t shown) {
  return all > shown ? fmt::format("  ... and {} more (--json has all)\n", Thousands(all - shown))
                     : std::string();
}

std::string FileTable(const InspectReport& report, const Screen& screen) {
  Table table({{"file", Align::kLeft, true},
               {"stored", Align::kRight},
               {"bytes", Align::kRight},
               {"lines", Align::kRight}},
              "  ");
  for (std::size_t i = 0; i < std::min(report.files.size(), kShownFiles); ++i) {
    const InspectedFile& file = report.files[i];
    table.Add({Printable(file.path, 120), HumanBytes(file.size), HumanBytes(file.counters.bytes),
               Thousands(file.counters.lines)});
    if (file.first) {
      table.AddBelow(fmt::format("{} to {}", TimeOrDash(file.first), TimeOrDash(file.last)));
    }
  }
  return "Files\n" + table.Render(screen) + More(report.files.size(), kShownFiles);
}

// How a replay of these files would end.
std::string Foreseen(const Counters& counters) {
  if (counters.errors() == 0) return {};
  const auto usual = *ParseMaxErrors(kDefaultMaxErrors);
  if (IsOver(usual, counters)) {
    return fmt::format(
        "  A replay would stop with exit code 1: more than {} of its lines cannot be "
        "sent.\n",
        kDefaultMaxErrors);
  }
  return fmt::format("  A replay would end with exit code 2: completed with {}.\n",
                     Plural(counters.errors(), "error"));
}

std::string VerdictTable(const InspectReport& report) {
  const Counters& counters = report.counters;
  Table table({{}, {"", Align::kRight}, {"", Align::kRight}}, "  ");
  table.Add({"would be sent", Thousands(counters.success), HumanBytes(counters.success_bytes)});
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (counters.by_reason.at(i) == 0) continue;
    const char* kind = IsSkip(static_cast<Reason>(i)) ? "skipped" : "error";
    table.Add(
        {fmt::format("{}: {}", kind, kReasonNames.at(i)), Thousands(counters.by_reason.at(i)), ""});
  }
  std::string text = "\nVerdicts\n" + table.Render();
  if (!report.destinations_checked) {
    text +=
        "  (look-up of connections not tried: no repository and no --connection; a replay\n"
        "  without either would lose every message that names a stream)\n";
  }
  return text + Foreseen(counters);
}

// By lines, most first; or by name, for times.
std::string TallyTable(const std::string& title, const std::map<std::string, Tally>& tallies,
                       bool by_name, std::size_t most, const Screen& screen) {
  if (tallies.empty()) return {};
  std::vector<std::pair<std::string, Tally>> rows(tallies.begin(), tallies.end());
  if (!by_name) {
    std::ranges::stable_sort(rows, std::ranges::greater(),
                             [](const auto& row) { return row.second.lines; });
  }
  Table table({{title, Align::kLeft, true}, {"lines", Align::kRight}, {"bytes", Align::kRight}},
              "  ");
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    table.Add({Printable(rows[i].first, 80), Thousands(rows[i].second.lines),
               HumanBytes(rows[i].second.bytes)});
  }
  return "\n" + table.Render(screen) + More(rows.size(), most);
}

std::string Failures(const InspectReport& report, const Screen& screen) {
  std::string text;
  for (const auto& file : report.files) {
    if (file.failure.empty()) continue;
    text += fmt::format("  {}\n    {}\n", Printable(file.path, 200),
                        Wrapped(Printable(file.failure, 300), screen.columns, 4));
  }
  return text.empty() ? text : "\nCannot be read to their end\n" + text;
}

std::string Ignored(const InspectReport& report) {
  if (report.ignored.empty()) return {};
  std::string text = "\nIgnored files\n";
  for (std::size_t i = 0; i < std::min(report.ignored.size(), kShown); ++i) {
    text +=
        fmt::format("  {}: {}\n", Printable(report.ignored[i].path, 200), report.ignored[i].reason);
  }
  return text + More(report.ignored.size(), kShown);
}

std::string Samples(const InspectReport& report, const Screen& screen) {
  std::string text;
  for (const auto& sample : report.samples) {
    const std::string why = fmt::format(
        "{}:{} (byte {})  {}{}", Printable(sample.path, 200), sample.line, sample.byte,
        sample.verdict, sample.message.empty() ? "" : ": " + Printable(sample.message, 200));
    text += fmt::format("  {}\n    | {}\n", Wrapped(why, screen.columns, 4),
                        Printable(sample.text, kSampleWidth));
  }
  return text.empty() ? text : "\nSamples\n" + text;
}

}  // namespace

std::string InspectText(const InspectReport& report, const Screen& screen) {
  std::uint64_t stored = 0;
  for (const auto& file : report.files) stored += file.size;
  std::string text = fmt::format(
      "{}{}, {}, {} ({} stored)\nfirst message {}, last {}{}\n\n",
      report.stopped ? "stopped: the first part of it\n" : "", Plural(report.files.size(), "file"),
      Plural(report.counters.lines, "line"), HumanBytes(report.counters.bytes), HumanBytes(stored),
      TimeOrDash(report.first), TimeOrDash(report.last),
      report.without_time == 0
          ? ""
          : fmt::format(", {} without a time", Thousands(report.without_time)));
  text += FileTable(report, screen);
  text += Failures(report, screen);
  text += VerdictTable(report);
  text += TallyTable("stream", report.streams, false, kShown, screen);
  text += TallyTable("type", report.types, false, kShown, screen);
  text += TallyTable("day (UTC)", report.days, true, kShownHours, screen);
  text += TallyTable("hour (UTC)", report.hours, true, kShownHours, screen);
  text += Samples(report, screen);
  text += Ignored(report);
  return text;
}

}  // namespace reprocess
