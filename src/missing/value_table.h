// The values of lines, each with how many lines have it and how many records of a topic do.
//
//   equal      a line and a record are equal in 128 bits of hash, with a seed of the table's own, and
//              in length; both without the white space between JSON's tokens
//   accounts   each record accounts for at most one line, and only where it goes to all connections
//              that the line would be sent to: k such records for k equal lines. One that goes to
//              some of them, or says nothing of it, accounts in part
//   memory     40 bytes a value at four values of five entries; doubled as long as the old table and
//              the new one fit into what is allowed
//   passes     values are spread evenly: a pass holds those whose hash lies in a range
//              (verify/key_table.h has the same for keys)
//   threads    one at a time
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/key.h"

namespace reprocess {

struct Value {
  KeyBits hash;
  std::uint32_t size = 0;  // bytes
};

class ValueTable {
 public:
  explicit ValueTable(std::uint64_t memory_bytes);

  void Clear();

  // A line that would go by this way (a number that stands for its connections). False: there is no
  // room. Lines of one value go one way, since it is in the value.
  bool AddLine(const Value& value, std::uint32_t way);

  // The way of the lines that have this value; nullptr where none has.
  const std::uint32_t* WayOf(const Value& value);

  // A record with it.
  void AddRecord(const Value& value, bool to_all);

  enum class Fate : std::uint8_t { kThere, kPartly, kMissing };
  // What became of the next line that has this value, in the order in which they are asked for.
  Fate TakeLine(const Value& value);

  std::uint64_t size() const { return used_; }  // values
  // Lines whose value an earlier one had.
  std::uint64_t repeated() const { return lines_ - used_; }

 private:
  struct Entry {
    std::uint64_t high, low;
    std::uint32_t size, way;
    std::uint32_t lines;          // 0: free
    std::uint32_t there, partly;  // records
    std::uint32_t taken;          // lines
  };
  Entry& Find(const Value& value);  // where it is, or would be
  bool Grow();                      // false: there is no memory for it

  const std::uint64_t memory_bytes_;
  std::uint64_t used_ = 0, lines_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace reprocess
