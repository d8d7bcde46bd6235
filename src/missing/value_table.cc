#include "missing/value_table.h"

#include <algorithm>

namespace reprocess {
namespace {

// Four entries of five in use: a search looks at three on average.
constexpr std::uint64_t kUsed = 4, kOf = 5;
constexpr std::uint64_t kLeast = 1 << 10;  // entries

}  // namespace

ValueTable::ValueTable(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {
  static_assert(sizeof(Entry) == 40);
  entries_.resize(kLeast);
}

bool ValueTable::Grow() {
  if (entries_.size() * 3 * sizeof(Entry) > memory_bytes_) return false;
  std::vector<Entry> old(entries_.size() * 2);
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (entry.lines > 0) Find({{entry.high, entry.low}, entry.size}) = entry;
  }
  return true;
}

void ValueTable::Clear() {
  std::ranges::fill(entries_, Entry{});
  used_ = lines_ = 0;
}

// The second half chooses the place: the first one is much the same within a pass.
ValueTable::Entry& ValueTable::Find(const Value& value) {
  std::uint64_t at = value.hash.low % entries_.size();
  for (;; at = at + 1 == entries_.size() ? 0 : at + 1) {
    Entry& entry = entries_[at];
    if (entry.lines == 0) return entry;
    if (entry.high == value.hash.high && entry.low == value.hash.low && entry.size == value.size) {
      return entry;
    }
  }
}

bool ValueTable::AddLine(const Value& value, std::uint32_t way) {
  if (Entry& entry = Find(value); entry.lines > 0) {
    ++entry.lines;
    ++lines_;
    return true;
  }
  if (used_ >= entries_.size() / kOf * kUsed && !Grow()) return false;
  Find(value) = {value.hash.high, value.hash.low, value.size, way, 1, 0, 0, 0};
  ++used_;
  ++lines_;
  return true;
}

const std::uint32_t* ValueTable::WayOf(const Value& value) {
  const Entry& entry = Find(value);
  return entry.lines == 0 ? nullptr : &entry.way;
}

void ValueTable::AddRecord(const Value& value, bool to_all) {
  Entry& entry = Find(value);
  if (entry.lines == 0) return;
  ++(to_all ? entry.there : entry.partly);
}

ValueTable::Fate ValueTable::TakeLine(const Value& value) {
  Entry& entry = Find(value);
  const std::uint64_t at = entry.taken++;
  if (at < entry.there) return Fate::kThere;
  return at < std::uint64_t{entry.there} + entry.partly ? Fate::kPartly : Fate::kMissing;
}

}  // namespace reprocess
