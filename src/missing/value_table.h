// The values of lines, each with how many lines have it and how many records of a topic do.
//
//   equal      a line and a record are equal in 128 bits of hash, with a seed of the table's own, and
//              in length; both without the white space between JSON's tokens
//   accounts   each record accounts for at most one line, and only where it goes to all connections
//              that the line would be sent to: k such records for k equal lines. One that goes to
//              some of them, or says nothing of it, accounts in part
//   memory     48 bytes a value, and an index of 8 bytes a place, of which at most four of five are
//              used; the index alone is doubled
//   passes     values are spread evenly: a pass holds those whose hash lies in a range
//              (verify/key_table.h has the same for keys)
//   threads    one at a time
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "model/key.h"

namespace reprocess {

struct Value {
  KeyBits hash;
  std::uint32_t size = 0;  // bytes
};

// What is known of all lines of a value, since it is in the value.
struct ValueFacts {
  std::optional<WallTime> created;
  bool has_origin = false;
  std::uint32_t way = 0;  // a number that stands for the connections that they would be sent to
};

class ValueTable {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  ValueTable();

  void Clear();

  // Of what it holds, while one more value is added. At most 2^32 - 1 values fit in.
  std::uint64_t bytes() const;

  // Fetches into the caches what is looked at first for it.
  void Prefetch(const Value& value) const { __builtin_prefetch(&index_[PlaceOf(value)]); }

  // The number of the line's value.
  std::uint32_t AddLine(const Value& value, const ValueFacts& facts);

  // The value's number; kNone where no line has it.
  std::uint32_t NumberOf(const Value& value) const;
  ValueFacts FactsOf(std::uint32_t number) const;

  // A record with it.
  void AddRecord(std::uint32_t number, bool to_all);

  enum class Fate : std::uint8_t { kThere, kPartly, kMissing };
  // What became of the next line that has this value, in the order in which they are asked for.
  Fate TakeLine(std::uint32_t number);

  std::uint64_t size() const { return values_.size(); }
  // Lines whose value an earlier one had.
  std::uint64_t repeated() const { return lines_ - size(); }

 private:
  struct Held {
    KeyBits hash;
    WallTime created;  // kNever: not told
    std::uint32_t size;
    std::uint32_t way : 31, has_origin : 1;
    std::uint32_t there = 0, partly = 0;  // records
    std::uint32_t taken = 0;              // lines
  };
  struct Place {
    std::uint32_t mark, number;  // some bits of the hash; kNone: free
  };
  // By the second half, since the first one is much the same within a pass.
  std::size_t PlaceOf(const Value& value) const { return value.hash.low & (index_.size() - 1); }
  // Where it is, or would be.
  std::size_t Find(const Value& value) const;
  bool IsFull() const;
  void Grow();

  std::uint64_t lines_ = 0;
  std::deque<Held> values_;
  std::vector<Place> index_;
};

}  // namespace reprocess
