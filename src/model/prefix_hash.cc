#include "model/prefix_hash.h"

#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

namespace reprocess {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E37'79B1'85EB'CA87;

std::uint64_t Combined(std::uint64_t before, std::uint64_t line) {
  return (std::rotl(before, 31) ^ line) * kMultiplier;
}

// The number that `text` begins with, up to `end`; takes both away.
std::optional<std::uint64_t> TakeNumber(std::string_view& text, int base, std::string_view end) {
  std::uint64_t number = 0;
  const auto [past, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  text.remove_prefix(static_cast<std::size_t>(past - text.data()));
  if (error != std::errc() || !text.starts_with(end)) return std::nullopt;
  text.remove_prefix(end.size());
  return number;
}

}  // namespace

std::uint64_t HashWithLine(std::uint64_t before, std::string_view line) {
  return Combined(before, XXH3_64bits(line.data(), line.size()));
}

struct PrefixHash::State {
  XXH3_state_t* const xxh3 = XXH3_createState();
  ~State() { XXH3_freeState(xxh3); }
};

PrefixHash::PrefixHash(std::uint64_t before)
    : whole_lines_(before), line_(std::make_unique<State>()) {}
PrefixHash::~PrefixHash() = default;
PrefixHash::PrefixHash(PrefixHash&&) noexcept = default;
PrefixHash& PrefixHash::operator=(PrefixHash&&) noexcept = default;

void PrefixHash::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline == bytes.npos ? newline : newline + 1);
    bytes.remove_prefix(piece.size());
    if (!begun_ && newline != bytes.npos) {
      whole_lines_ = HashWithLine(whole_lines_, piece);
      continue;
    }
    if (!begun_) XXH3_64bits_reset(line_->xxh3);
    XXH3_64bits_update(line_->xxh3, piece.data(), piece.size());
    begun_ = newline == bytes.npos;
    if (!begun_) whole_lines_ = Combined(whole_lines_, XXH3_64bits_digest(line_->xxh3));
  }
}

std::uint64_t PrefixHash::Value() const {
  return begun_ ? Combined(whole_lines_, XXH3_64bits_digest(line_->xxh3)) : whole_lines_;
}

std::string TextOf(const PlaceHash& hash) {
  if (!hash.value || hash.from > 0) return {};
  return fmt::format("{:016x}:{}:{:016x}", *hash.value, hash.tail_bytes, hash.tail_value);
}

PlaceHash PlaceHashOf(std::string_view text) {
  const auto value = TakeNumber(text, 16, ":");
  const auto tail_bytes = TakeNumber(text, 10, ":");
  const auto tail_value = TakeNumber(text, 16, "");
  if (!value || !tail_bytes || !tail_value || !text.empty()) return {};
  return {value, 0, *tail_bytes, *tail_value};
}

}  // namespace reprocess
