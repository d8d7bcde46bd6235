// The keys that must be in a topic, as many of them as memory allows, and which were seen there.
//
//   memory     kEntryBytes a line, allocated at once; nothing else grows
//   passes     lines are shared out by key, which is evenly spread: a pass holds a range of keys
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/key.h"

namespace reprocess {

// Ranges that together hold every key once, for `lines` of which a table takes `capacity`.
std::vector<KeyRange> PlanPasses(std::uint64_t lines, std::uint64_t capacity);

struct ExpectedLine {
  KeyBits key;
  std::uint64_t value_hash = 0;
  std::uint64_t byte = 0;  // its first, in the decompressed file; below 2^61
  std::uint32_t file = 0;  // list position
  std::uint32_t line = 0;  // from 1; 0: not known
  bool certain = true;     // false: the books do not say whether it was sent
};

class KeyTable {
 public:
  // How many lines a table of so many bytes takes.
  static std::uint64_t CapacityOf(std::uint64_t memory_bytes);

  explicit KeyTable(std::uint64_t capacity);

  void Clear();

  // False: there is no room.
  bool Add(const ExpectedLine& line);

  struct Sighting {
    ExpectedLine line;
    bool again = false;    // not for the first time
    bool altered = false;  // its value is another one
  };
  // nullopt: no key of ours.
  std::optional<Sighting> See(const KeyBits& key, std::uint64_t value_hash);

  void ForEachUnseen(const std::function<void(const ExpectedLine&)>& tell) const;
  std::uint64_t size() const { return size_; }

 private:
  struct Entry {
    std::uint64_t high, low;  // 0, 0 (which is no key): free
    std::uint64_t value_hash;
    std::uint64_t byte : 61, certain : 1, seen : 1;
    std::uint32_t file, line;
  };
  static ExpectedLine LineOf(const Entry& entry);
  Entry& Find(const KeyBits& key);  // where it is, or would be

  std::uint64_t capacity_, size_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace reprocess
