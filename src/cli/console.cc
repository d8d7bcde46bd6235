#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/json.h"

namespace reprocess {
namespace {

// Lines after the first are set in, so that a list of problems reads as one error.
std::string Indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

}  // namespace

void Print(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

std::string ErrorText(const Error& error) {
  std::string text = "error: " + Indented(error.what, "  ") + "\n";
  if (!error.where.empty()) text += "  where: " + Indented(error.where, "  ") + "\n";
  if (!error.hint.empty()) text += "  hint: " + Indented(error.hint, "  ") + "\n";
  return text;
}

void PrintWarnings(const Console& console, const std::vector<std::string>& warnings, bool events) {
  for (const auto& warning : warnings) {
    Print(console.err, "warning: " + warning + "\n");
    if (!events) continue;
    Json event = Event("warning");
    event["warning"] = warning;
    Print(console.out, ToLine(event));
  }
}

void PrintError(const Console& console, const Error& error, bool json) {
  Print(console.err, ErrorText(error));
  if (!json) return;
  Json event = Event("error");
  event["error"] = ToJson(error);
  Print(console.out, ToLine(event));
}

TerminalSize SizeOf(std::FILE* file) {
  constexpr std::size_t kColumns = 80, kRows = 24;  // of a terminal that does not say
  const int descriptor = fileno(file);
  if (isatty(descriptor) == 0) return {};
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {kColumns, kRows};
  return {size.ws_col, size.ws_row};
}

}  // namespace reprocess
