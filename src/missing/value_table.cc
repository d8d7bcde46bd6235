#include "missing/value_table.h"

namespace reprocess {
namespace {

// Four places of five in use: a search looks at three on average.
constexpr std::uint64_t kUsed = 4, kOf = 5;
constexpr std::uint64_t kLeast = 1 << 10;  // places; a power of two

constexpr WallTime kNever = WallTime::min();

// The other half of a hash chooses the place, and is much the same along a stretch of them.
std::uint32_t MarkOf(const KeyBits& hash) {
  return static_cast<std::uint32_t>(hash.high);
}

}  // namespace

ValueTable::ValueTable() {
  static_assert(sizeof(Held) == 48 && sizeof(Place) == 8);
  Clear();
}

void ValueTable::Clear() {
  values_.clear();
  index_.assign(kLeast, Place{0, kNone});
  lines_ = 0;
}

bool ValueTable::IsFull() const {
  return values_.size() >= index_.size() / kOf * kUsed;
}

std::uint64_t ValueTable::bytes() const {
  const std::uint64_t places = index_.size() * (IsFull() ? 3 : 1);
  return (values_.size() + 1) * sizeof(Held) + places * sizeof(Place);
}

void ValueTable::Grow() {
  index_.assign(index_.size() * 2, Place{0, kNone});
  for (std::uint32_t number = 0; number < values_.size(); ++number) {
    const Held& held = values_[number];
    index_[Find({held.hash, held.size})] = {MarkOf(held.hash), number};
  }
}

std::size_t ValueTable::Find(const Value& value) const {
  const std::uint32_t mark = MarkOf(value.hash);
  for (std::size_t at = PlaceOf(value);; at = (at + 1) & (index_.size() - 1)) {
    const Place& place = index_[at];
    if (place.number == kNone) return at;
    if (place.mark != mark) continue;
    const Held& held = values_[place.number];
    if (held.hash == value.hash && held.size == value.size) return at;
  }
}

std::uint32_t ValueTable::AddLine(const Value& value, const ValueFacts& facts) {
  ++lines_;
  std::size_t at = Find(value);
  if (index_[at].number != kNone) return index_[at].number;
  if (IsFull()) {
    Grow();
    at = Find(value);
  }
  const auto number = static_cast<std::uint32_t>(values_.size());
  values_.push_back({.hash = value.hash,
                     .created = facts.created.value_or(kNever),
                     .size = value.size,
                     .way = facts.way,
                     .has_origin = facts.has_origin});
  index_[at] = {MarkOf(value.hash), number};
  return number;
}

std::uint32_t ValueTable::NumberOf(const Value& value) const {
  return index_[Find(value)].number;
}

ValueFacts ValueTable::FactsOf(std::uint32_t number) const {
  const Held& held = values_[number];
  return {.created = held.created == kNever ? std::nullopt : std::optional(held.created),
          .has_origin = held.has_origin == 1,
          .way = held.way};
}

void ValueTable::AddRecord(std::uint32_t number, bool to_all) {
  Held& held = values_[number];
  ++(to_all ? held.there : held.partly);
}

ValueTable::Fate ValueTable::TakeLine(std::uint32_t number) {
  Held& held = values_[number];
  const std::uint64_t at = held.taken++;
  if (at < held.there) return Fate::kThere;
  return at < std::uint64_t{held.there} + held.partly ? Fate::kPartly : Fate::kMissing;
}

}  // namespace reprocess
