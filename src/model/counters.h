// The books of a file or a shard. `lines` and `bytes` are what the reader measured, the rest what
// the judge and Kafka decided; Balanced() compares the two.
#pragma once

#include <array>
#include <cstdint>

#include "model/reason.h"

namespace reprocess {

struct Counters {
  std::uint64_t lines = 0;  // read and judged; blank ones too; +1 where reading a file stopped
  std::uint64_t bytes = 0;  // decompressed, with terminators and byte order mark
  std::uint64_t success = 0, success_bytes = 0;
  std::uint64_t skipped_bytes = 0, error_bytes = 0;
  std::uint64_t not_utf8 = 0;  // sent untouched although a string is not UTF-8
  std::array<std::uint64_t, kReasonCount> by_reason{};

  std::uint64_t skipped() const;
  std::uint64_t errors() const;
  // Without the places where reading a file stopped, which are no lines.
  std::uint64_t lines_read() const { return lines - (*this)[Reason::kUnreadable]; }
  std::uint64_t lines_unsent() const { return errors() - (*this)[Reason::kUnreadable]; }
  bool Balanced() const;

  std::uint64_t& operator[](Reason reason) { return by_reason[static_cast<std::size_t>(reason)]; }
  std::uint64_t operator[](Reason reason) const {
    return by_reason[static_cast<std::size_t>(reason)];
  }
  Counters& operator+=(const Counters& other);
  Counters& operator-=(const Counters& other);
  bool operator==(const Counters&) const = default;
};

// Whether none of `part`'s counters is above `whole`'s: rows that were lost, or that are older ones,
// leave less, never more; but of places where reading stopped, which a later try takes back.
bool Within(const Counters& part, const Counters& whole);

}  // namespace reprocess
