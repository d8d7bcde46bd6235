#include "store/text.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hex_digit.h"
#include "base/utf8.h"
#include "store/admin_config.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMark = "made_by";

unsigned char At(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// What stands for itself, whatever comes behind it.
bool IsKeptAscii(char c) {
  return c >= 0x20 && c < 0x7F && c != '\\';
}

// The byte that "\xNN" at `at` stands for; -1 when there is no such text.
int EscapedByteAt(std::string_view text, std::size_t at) {
  if (At(text, at) != '\\' || At(text, at + 1) != 'x') return -1;
  const std::string_view digits = text.substr(std::min(at + 2, text.size()), 2);
  const bool ours = digits.size() == 2 && IsHex(digits) &&
                    std::ranges::none_of(digits, [](char c) { return c >= 'a'; });
  return ours ? HexDigit(digits[0]) * 16 + HexDigit(digits[1]) : -1;
}

void DropNuls(Json& value) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    std::erase(text, '\0');
  } else if (value.is_array()) {
    for (auto& item : value) DropNuls(item);
  } else if (value.is_object()) {
    Json clean = Json::object();
    for (auto& [name, item] : value.items()) {
      std::string key = name;
      std::erase(key, '\0');
      DropNuls(item);
      clean[key] = std::move(item);
    }
    value = std::move(clean);
  }
}

Json ParseObject(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json::object();
}

}  // namespace

std::string Escape(std::string_view bytes) {
  if (std::ranges::all_of(bytes, IsKeptAscii)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const unsigned char byte = At(bytes, at);
    const std::size_t size = Utf8Sequence(bytes.substr(at));
    if (size == 0 || byte < 0x20 || byte == 0x7F || EscapedByteAt(bytes, at) >= 0) {
      text += fmt::format("\\x{:02X}", byte);
      ++at;
    } else {
      text.append(bytes.substr(at, size));
      at += size;
    }
  }
  return text;
}

std::string Unescape(std::string_view text) {
  std::string bytes(text.substr(0, text.find('\\')));
  bytes.reserve(text.size());
  for (std::size_t at = bytes.size(); at < text.size();) {
    if (const int byte = EscapedByteAt(text, at); byte >= 0) {
      bytes += static_cast<char>(byte);
      at += 4;
    } else {
      bytes += text[at++];
    }
  }
  return bytes;
}

std::string JoinOffsets(const std::vector<std::int64_t>& offsets) {
  return fmt::format("{}", fmt::join(offsets, ","));
}

std::vector<std::int64_t> SplitOffsets(std::string_view text) {
  std::vector<std::int64_t> offsets;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::int64_t offset = 0; at < end; ++at) {
    const auto [next, error] = std::from_chars(at, end, offset);
    if (error != std::errc()) break;
    offsets.push_back(offset);
    at = next;
  }
  return offsets;
}

std::string JoinRanges(const std::vector<ByteRange>& ranges) {
  std::string text;
  for (const ByteRange& range : ranges) {
    text += fmt::format("{}{}+", text.empty() ? "" : ",", range.first);
    if (range.end() != UINT64_MAX) text += fmt::format("{}", range.length);
  }
  return text;
}

std::vector<ByteRange> SplitRanges(std::string_view text) {
  std::vector<ByteRange> ranges;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    ByteRange range;
    const auto [plus, error] = std::from_chars(at, end, range.first);
    if (error != std::errc() || plus == end || *plus != '+') break;
    range.length = UINT64_MAX - range.first;
    const auto [next, open] = std::from_chars(plus + 1, end, range.length);
    ranges.push_back(range);
    at = (open == std::errc() ? next : plus + 1) + 1;
  }
  return ranges;
}

std::string ReasonsText(const Counters& counters, Side side) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (IsSkip(reason) != (side == Side::kSkips) || counters[reason] == 0) continue;
    json[std::string(NameOf(reason))] = counters[reason];
  }
  return json.dump();
}

void AddReasons(std::string_view text, Counters& counters) {
  const Json json = ParseObject(text);
  for (const auto& [name, count] : json.items()) {
    const auto reason = ReasonOf(name);
    if (reason && count.is_number_unsigned()) counters[*reason] += count.get<std::uint64_t>();
  }
}

std::string MarkedConfig(std::string_view config, std::string_view mark) {
  Json json = ParseObject(config);
  DropNuls(json);
  json[std::string(kMark)] = mark;
  return FitForAdmin(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool IsMarked(std::string_view config, std::string_view mark) {
  const Json json = ParseObject(config);
  const auto found = json.find(kMark);
  return found != json.end() && *found == mark;
}

std::string UnmarkedConfig(std::string_view config) {
  Json json = ParseObject(config);
  json.erase(std::string(kMark));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reprocess
