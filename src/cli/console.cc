#include "cli/console.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/numbers.h"
#include "views/events.h"

namespace reprocess {
namespace {

std::string Straight(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(Utf8Sequence(text), 1);
    const auto at = [&](std::size_t i) { return static_cast<unsigned>(text[i]); };
    if (!IsBidiControl(text.substr(0, length))) {
      out += text.substr(0, length);
    } else if (length == 2) {
      out += fmt::format("\\u{:04x}", (at(0) & 0x1FU) << 6 | (at(1) & 0x3FU));
    } else {
      out +=
          fmt::format("\\u{:04x}", (at(0) & 0xFU) << 12 | (at(1) & 0x3FU) << 6 | (at(2) & 0x3FU));
    }
    text.remove_prefix(length);
  }
  return out;
}

// For programs that read the log.
std::string_view KindOf(const Error& error) {
  const bool away = error.remedy == Remedy::kWait || error.remedy == Remedy::kRetry;
  if (away || error.code == Code::kTimedOut) return "away";
  if (error.code == Code::kConflict || error.code == Code::kReplayed) return "conflict";
  return error.code == Code::kInvalid ? "invalid" : "other";
}

}  // namespace

void Print(std::FILE* file, std::string_view text) {
  const std::string shown = Straight(text);
  std::fwrite(shown.data(), 1, shown.size(), file);
  std::fflush(file);
}

std::string ErrorText(const Error& error) {
  std::string text = "error: " + PrintableLines(error.what, 2) + "\n";
  if (!error.where.empty()) text += "  where: " + PrintableLines(error.where, 2) + "\n";
  if (!error.hint.empty()) text += "  hint: " + PrintableLines(error.hint, 2) + "\n";
  return text;
}

void Tell(const Console& console, const std::string& text) {
  if (console.log == LogFormat::kJson) return Log(LogLevel::kInfo, text);
  Print(console.err, PrintableLines(text, 2) + "\n");
}

void PrintWarnings(const Console& console, const std::vector<std::string>& warnings, bool events) {
  for (const auto& warning : warnings) {
    if (console.log == LogFormat::kJson) {
      Log(LogLevel::kWarn, warning);
    } else {
      Print(console.err, "warning: " + PrintableLines(warning, 2) + "\n");
    }
    if (events) Print(console.out, WarningEvent(warning));
  }
}

void PrintError(const Console& console, const Error& error, bool json) {
  if (console.log == LogFormat::kJson) {
    Log(LogLevel::kError, error.ToString(), {{"kind", KindOf(error)}});
  } else {
    Print(console.err, ErrorText(error));
  }
  if (json) Print(console.out, ErrorEvent(error));
}

bool Confirmed(const Console& console) {
  if (SizeOf(console.in).columns == 0) return false;
  Print(console.err, "Type yes to go on: ");
  std::string answer;
  for (int c = std::fgetc(console.in); c != EOF && c != '\n'; c = std::fgetc(console.in)) {
    answer += static_cast<char>(c);
  }
  return answer == "yes";
}

TerminalSize SizeOf(std::FILE* file) {
  constexpr std::size_t kColumns = 80, kRows = 24;  // of a terminal that does not say
  const int descriptor = fileno(file);
  if (isatty(descriptor) == 0) return {};
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {kColumns, kRows};
  return {size.ws_col, size.ws_row};
}

bool CanDraw(std::FILE* file, const Environment& environment) {
  const auto terminal = environment("TERM");
  return SizeOf(file).columns > 0 && terminal && !terminal->empty() && *terminal != "dumb";
}

Screen ScreenOf(std::FILE* file, const Environment& environment) {
  const auto forbidden = environment("NO_COLOR");
  return {SizeOf(file).columns, CanDraw(file, environment) && (!forbidden || forbidden->empty())};
}

std::string Painted(std::string text, Colour colour, bool on) {
  if (!on) return text;
  switch (colour) {
    case Colour::kRed:
      return "\x1b[31m" + text + "\x1b[0m";
    case Colour::kGreen:
      return "\x1b[32m" + text + "\x1b[0m";
    case Colour::kYellow:
      return "\x1b[33m" + text + "\x1b[0m";
    case Colour::kNone:
      break;
  }
  return text;
}

}  // namespace reprocess
