// A time is read as a second reader made of sscanf and timegm reads it, and what is written reads
// back as the same time.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "model/time_text.h"

using namespace reprocess;

namespace {

struct Seconds {
  std::int64_t whole, nanos;
  bool operator==(const Seconds&) const = default;
};

bool AreDigits(const std::string& text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return false;
  return text.find_first_not_of("0123456789", at) >= at + count;
}

// "Z" or "+hh:mm", as seconds.
std::optional<int> OffsetOf(const std::string& zone) {
  if (zone == "Z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  if (!AreDigits(zone, 1, 2) || !AreDigits(zone, 4, 2)) return std::nullopt;
  const int hours = std::stoi(zone.substr(1, 2)), minutes = std::stoi(zone.substr(4, 2));
  if (hours > 24 || minutes > 60) return std::nullopt;
  return (zone[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
}

// The fraction off the front of `rest`, as nanoseconds.
long FractionOf(std::string& rest) {
  if ((rest[0] != '.' && rest[0] != ',') || !AreDigits(rest, 1, 1)) return 0;
  const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
  std::string digits = rest.substr(1, end - 1);
  rest.erase(0, end);
  digits.resize(9, '0');
  return std::stol(digits);
}

std::optional<Seconds> ParseNaively(std::string text) {
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (text.size() > 12 && text[12] == ':') text.insert(11, "0");
  // 2026-05-01T00:00:00
  for (const auto& [at, count] : {std::pair{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}) {
    if (!AreDigits(text, static_cast<std::size_t>(at), static_cast<std::size_t>(count))) {
      return std::nullopt;
    }
  }
  std::tm tm{};
  int end = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                  &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6 ||
      end != 19) {
    return std::nullopt;
  }
  tm.tm_year -= 1900;
  --tm.tm_mon;
  const std::tm said = tm;
  const std::time_t seconds = timegm(&tm);  // moves 31 April to 1 May
  if (tm.tm_mon != said.tm_mon || tm.tm_mday != said.tm_mday || tm.tm_hour != said.tm_hour ||
      tm.tm_min != said.tm_min || tm.tm_sec != said.tm_sec) {
    return std::nullopt;
  }
  std::string rest = text.substr(19) + ' ';
  const long fraction = FractionOf(rest);
  rest.pop_back();
  const std::optional<int> offset = OffsetOf(rest);
  if (!offset) return std::nullopt;
  return Seconds{seconds - *offset, fraction};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::optional<PreciseTime> ours = ParseRfc3339(text);
  const std::optional<Seconds> naive = ParseNaively(text);
  if (ours.has_value() != naive.has_value()) std::abort();
  if (!ours) return 0;
  const auto whole = std::chrono::floor<std::chrono::seconds>(ours->time);
  const std::int64_t micros = (ours->time - whole).count();
  if (Seconds{whole.time_since_epoch().count(), micros * 1000 + ours->nanos} != *naive) {
    std::abort();
  }
  // An offset can lead out of the years that RFC 3339 can write.
  const std::string written = FormatRfc3339(ours->time);
  const bool writable = ParseRfc3339("0000-01-01T00:00:00Z")->time <= ours->time &&
                        ours->time < ParseRfc3339("9999-12-31T23:59:59Z")->time;
  if (writable && ParseRfc3339(written) != PreciseTime(ours->time)) std::abort();
  return 0;
}
