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

std::string ReasonTable(const std::vector<StoredError>& totals) {
  if (totals.empty()) return {};
  Table table({{"reason"}, {"lines", Align::kRight}, {"for example"}, {"sample"}}, "  ");
  for (const auto& error : totals) {
    table.Add({std::string(NameOf(error.row.reason)), Thousands(error.row.count), Place(error),
               Printable(error.row.sample, kSampleWidth)});
  }
  return table.Render();
}

std::string ErrorTable(const std::vector<StoredError>& rows) {
  std::string text;
  for (const auto& error : rows) {
    const ErrorRow& row = error.row;
    text += fmt::format("{}  {}{}", Place(error), NameOf(row.reason),
                        row.count > 1 ? "  " + Plural(row.count, "line") : "");
    if (row.approximate) text += " (among others in between)";
    text += "\n";
    if (!row.message.empty()) text += "  " + Printable(row.message, kMessageWidth) + "\n";
    if (!row.sample.empty()) text += "  | " + Printable(row.sample, kMessageWidth) + "\n";
  }
  return text;
}

}  // namespace reprocess
