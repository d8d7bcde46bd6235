#include "model/counters.h"

namespace reprocess {

std::uint64_t Counters::skipped() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (IsSkip(static_cast<Reason>(i))) sum += by_reason[i];
  }
  return sum;
}

std::uint64_t Counters::errors() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (!IsSkip(static_cast<Reason>(i))) sum += by_reason[i];
  }
  return sum;
}

bool Counters::Balanced() const {
  return lines == success + skipped() + errors() &&
         bytes == success_bytes + skipped_bytes + error_bytes;
}

Counters& Counters::operator+=(const Counters& other) {
  lines += other.lines;
  bytes += other.bytes;
  success += other.success;
  success_bytes += other.success_bytes;
  skipped_bytes += other.skipped_bytes;
  error_bytes += other.error_bytes;
  not_utf8 += other.not_utf8;
  for (std::size_t i = 0; i < kReasonCount; ++i) by_reason[i] += other.by_reason[i];
  return *this;
}

Counters& Counters::operator-=(const Counters& other) {
  lines -= other.lines;
  bytes -= other.bytes;
  success -= other.success;
  success_bytes -= other.success_bytes;
  skipped_bytes -= other.skipped_bytes;
  error_bytes -= other.error_bytes;
  not_utf8 -= other.not_utf8;
  for (std::size_t i = 0; i < kReasonCount; ++i) by_reason[i] -= other.by_reason[i];
  return *this;
}

bool Within(const Counters& part, const Counters& whole) {
  constexpr auto kStopped = Reason::kUnreadable;
  bool within = part.lines + whole[kStopped] <= whole.lines + part[kStopped] &&
                part.bytes <= whole.bytes && part.success <= whole.success &&
                part.success_bytes <= whole.success_bytes &&
                part.skipped_bytes <= whole.skipped_bytes &&
                part.error_bytes <= whole.error_bytes && part.not_utf8 <= whole.not_utf8;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const bool stopped = static_cast<Reason>(i) == kStopped;
    within = within && (stopped || part.by_reason[i] <= whole.by_reason[i]);
  }
  return within;
}

}  // namespace reprocess
