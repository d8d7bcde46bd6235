#include "verify/key_table.h"

#include <algorithm>

namespace reprocess {
namespace {

constexpr std::uint64_t kEntryBytes = 40;
// Four entries of five in use: a search looks at three on average.
constexpr std::uint64_t kUsed = 4, kOf = 5;
constexpr std::uint64_t kLeast = 16;  // entries

// floor(a * b / 2^64)
std::uint64_t Share(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(a) * b >> 64);
}

}  // namespace

// One line of eight stays free: keys are spread by chance.
std::vector<KeyRange> PlanPasses(std::uint64_t lines, std::uint64_t capacity) {
  const std::uint64_t a_pass = std::max<std::uint64_t>(1, capacity - capacity / 8);
  const std::uint64_t passes = std::max<std::uint64_t>(1, (lines + a_pass - 1) / a_pass);
  const std::uint64_t step = UINT64_MAX / passes;
  std::vector<KeyRange> ranges;
  for (std::uint64_t i = 0; i < passes; ++i) {
    ranges.push_back({i * step + (i > 0), i + 1 < passes ? (i + 1) * step : UINT64_MAX});
  }
  return ranges;
}

std::uint64_t KeyTable::CapacityOf(std::uint64_t memory_bytes) {
  return std::max(kLeast, memory_bytes / kEntryBytes) / kOf * kUsed;
}

KeyTable::KeyTable(std::uint64_t capacity) : capacity_(capacity) {
  static_assert(sizeof(Entry) == kEntryBytes);
  entries_.resize(std::max(kLeast, capacity / kUsed * kOf + kOf));
}

// The second half chooses the place: the first one is much the same within a pass.
KeyTable::Entry& KeyTable::Find(const KeyBits& key) {
  std::uint64_t at = Share(key.low << 2, entries_.size());  // its first two bits never differ
  while (entries_[at].low != 0 && (entries_[at].high != key.high || entries_[at].low != key.low)) {
    if (++at == entries_.size()) at = 0;
  }
  return entries_[at];
}

void KeyTable::Clear() {
  std::ranges::fill(entries_, Entry{});
  size_ = 0;
}

bool KeyTable::Add(const ExpectedLine& line) {
  if (size_ == capacity_) return false;
  Find(line.key) = {line.key.high, line.key.low, line.value_hash, line.byte,
                    line.certain,  false,        line.file,       line.line};
  ++size_;
  return true;
}

std::optional<KeyTable::Sighting> KeyTable::See(const KeyBits& key, std::uint64_t value_hash) {
  Entry& entry = Find(key);
  if (entry.low == 0) return std::nullopt;
  const Sighting sighting{LineOf(entry), entry.seen == 1, entry.value_hash != value_hash};
  entry.seen = 1;
  return sighting;
}

void KeyTable::ForEachUnseen(const std::function<void(const ExpectedLine&)>& tell) const {
  for (const Entry& entry : entries_) {
    if (entry.low != 0 && entry.seen == 0) tell(LineOf(entry));
  }
}

ExpectedLine KeyTable::LineOf(const Entry& entry) {
  return {{entry.high, entry.low}, entry.value_hash, entry.byte, entry.file, entry.line,
          entry.certain == 1};
}

}  // namespace reprocess
