#include "model/time_text.h"

#include <chrono>

#include <fmt/format.h>

#include "base/characters.h"

namespace reprocess {
namespace {

// Takes a text apart from the left; the first step that fails spoils all later ones.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  // A number of `least` to `most` digits (as many as there are), at most `limit`.
  unsigned Number(std::size_t least, std::size_t most, unsigned limit) {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < most && digits < rest_.size() && IsDigit(rest_[digits]); ++digits) {
      value = value * 10 + static_cast<unsigned>(rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    good_ = good_ && digits >= least && value <= limit;
    return value;
  }
  void Literal(char c) { good_ = Optional(c) && good_; }
  bool Optional(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Nanoseconds of ".5" or ",5"; without a digit behind it the separator is no fraction.
  unsigned Fraction() {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !IsDigit(rest_[1])) return 0;
    rest_.remove_prefix(1);
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && IsDigit(rest_[digits]); ++digits) {
      if (digits < 9) value = value * 10 + static_cast<unsigned>(rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }
  std::chrono::minutes Offset() {
    if (Optional('Z')) return std::chrono::minutes(0);
    const bool west = Optional('-');
    if (!west) Literal('+');
    const unsigned hours = Number(2, 2, 24);
    Literal(':');
    const unsigned minutes = Number(2, 2, 60);
    const auto offset = std::chrono::minutes(hours * 60 + minutes);
    return west ? -offset : offset;
  }
  bool AtGoodEnd() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::optional<PreciseTime> ParseRfc3339(std::string_view text) {
  Cursor cursor(text);
  const unsigned year = cursor.Number(4, 4, 9999);
  cursor.Literal('-');
  const unsigned month = cursor.Number(2, 2, 12);
  cursor.Literal('-');
  const unsigned day = cursor.Number(2, 2, 31);
  cursor.Literal('T');
  const unsigned hour = cursor.Number(1, 2, 23);
  cursor.Literal(':');
  const unsigned minute = cursor.Number(2, 2, 59);
  cursor.Literal(':');
  const unsigned second = cursor.Number(2, 2, 59);
  const unsigned fraction = cursor.Fraction();
  const auto offset = cursor.Offset();
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!cursor.AtGoodEnd() || !date.ok()) return std::nullopt;
  const WallTime time = WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
                        std::chrono::minutes(minute) - offset + std::chrono::seconds(second) +
                        std::chrono::microseconds(fraction / 1000);
  return PreciseTime(time, static_cast<int>(fraction % 1000));
}

std::string FormatRfc3339(WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (const auto micros = clock.subseconds().count(); micros != 0) {
    text += fmt::format(".{:06}", micros);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace reprocess
