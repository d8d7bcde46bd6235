// Where a command prints, and in which way.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/log.h"
#include "base/result.h"

namespace reprocess {

struct Console {
  std::FILE* in = stdin;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  LogFormat log = LogFormat::kText;  // kJson: warnings and errors are lines of the log
};

// Writes and flushes. What would turn text around on a terminal is written as \u202e and the like,
// which JSON reads as the same.
void Print(std::FILE* file, std::string_view text);

// A line of progress on err.
void Tell(const Console& console, const std::string& text);

// "error: what\n  where: …\n  hint: …\n".
std::string ErrorText(const Error& error);

// "warning: …" a line each, on err; and with `events` also as events on out.
void PrintWarnings(const Console& console, const std::vector<std::string>& warnings, bool events);

// The error as text on err, and with `json` also as an event on out.
void PrintError(const Console& console, const Error& error, bool json);

// Asks on a terminal; elsewhere nobody could answer.
bool Confirmed(const Console& console);

// Columns and rows of the terminal behind `file`; nullopt-like zeros when it is none.
struct TerminalSize {
  std::size_t columns = 0, rows = 0;
};
TerminalSize SizeOf(std::FILE* file);

// What a text is laid out for.
struct Screen {
  std::size_t columns = 0;  // 0: any number
  bool colour = false;      // a terminal that has it (TERM), and NO_COLOR does not forbid it
};
Screen ScreenOf(std::FILE* file, const Environment& environment);
// Whether lines on it can be drawn again: a terminal that takes escapes.
bool CanDraw(std::FILE* file, const Environment& environment);

enum class Colour : std::uint8_t { kNone, kRed, kGreen, kYellow };
// With `colour` false as it is.
std::string Painted(std::string text, Colour colour, bool on);

}  // namespace reprocess
