#include "cli/reasons.h"

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/table.h"

namespace reprocess {
namespace {

constexpr std::size_t kSampleWidth = 60, kMessageWidth = 200;

std::string Place(const StoredError& error) {
  const ErrorRow& row = error.row;
  std::string lines = fmt::format("{}", row.first_line);
  if (row.last_line > row.first_line) lines += fmt::format("-{}", row.last_line);
  return fmt::format("{}:{} (byte {})", Printable(error.path, 200), lines, row.first_byte);
}

}  // namespace

std::string ReasonTable(const std::vector<StoredError>& totals, const Screen& screen) {
  if (totals.empty()) return {};
  Table table({{"reason"}, {"lines", Align::kRight}, {"for example", Align::kLeft, true}}, "  ");
  for (const auto& error : totals) {
    table.Add({std::string(NameOf(error.row.reason)), Thousands(error.row.count), Place(error)});
    if (!error.row.sample.empty()) {
      table.AddBelow("| " + Printable(error.row.sample, kSampleWidth));
    } else if (!error.row.message.empty()) {
      table.AddBelow(Printable(error.row.message, kMessageWidth));
    }
  }
  return table.Render(screen);
}

std::string StreamTable(const std::vector<ErrorGroup>& streams, const Screen& screen) {
  if (streams.empty()) return {};
  Table table({{"lines", Align::kRight}, {"of streams without a way"}}, "  ");
  for (const auto& stream : streams) {
    table.Add({Thousands(stream.lines), Printable(stream.message, kMessageWidth)});
  }
  return table.Render(screen) +
         Wrapped(
             "Neighbouring lines count under the stream of the first. Add the streams, or "
             "destinations of theirs, to the repository and retry; or replay them in a new job "
             "with --connection ID.",
             screen.columns, 0) +
         "\n";
}

std::string ErrorTable(const std::vector<StoredError>& rows, const Screen& screen) {
  std::string text;
  for (const auto& error : rows) {
    const ErrorRow& row = error.row;
    Table line({{"", Align::kLeft, true}, {}, {}});
    line.Add({Place(error), std::string(NameOf(row.reason)),
              (row.count > 1 ? Plural(row.count, "line") : "") +
                  (row.approximate ? " (among others in between)" : "")});
    text += line.Render(screen);
    if (!row.message.empty()) {
      text += "  " + Wrapped(Printable(row.message, kMessageWidth), screen.columns, 2) + "\n";
    }
    if (!row.sample.empty()) text += "  | " + Printable(row.sample, kMessageWidth) + "\n";
  }
  return text;
}

}  // namespace reprocess
