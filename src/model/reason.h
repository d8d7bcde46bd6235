// Why a line was not sent: a closed list of at most 16, since each is a counter in the checkpoint.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reprocess {

enum class Reason : std::uint8_t {
  // skipped
  kBlank,   // nothing but white space
  kStream,  // not one of stream_ids, or no origin while stream_ids is given
  kDate,    // messageCreated outside date_from … date_to
  // errors
  kInvalidJson,    // breaks the RFC 8259 grammar, or nested deeper than 10,000
  kNotObject,      // valid JSON, but no object
  kOversized,      // longer than max_line_bytes
  kUnknownStream,  // the repository has no such stream
  kNoDestination,  // the stream has no destination that counts
  kNoRepository,   // a look-up is needed and no repository is configured
  kTooLarge,       // Kafka's client or broker refuses the size of this record alone
  kRefused,        // the broker refuses this record alone for another reason
  kUnreadable,     // the place where reading a file stopped: one line, zero bytes
  // skipped; appended, since checkpoints count by position
  kConnection,  // no connection of its stream is one of only_connections, or it has no stream
};
inline constexpr std::size_t kReasonCount = 13;

inline constexpr std::array<std::string_view, kReasonCount> kReasonNames = {
    "blank",     "stream",         "date",           "invalid_json",  "not_object",
    "oversized", "unknown_stream", "no_destination", "no_repository", "too_large",
    "refused",   "unreadable",     "connection"};

constexpr bool IsSkip(Reason reason) {
  return reason <= Reason::kDate || reason == Reason::kConnection;
}
constexpr std::string_view NameOf(Reason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}
constexpr std::optional<Reason> ReasonOf(std::string_view name) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (kReasonNames[i] == name) return static_cast<Reason>(i);
  }
  return std::nullopt;
}

}  // namespace reprocess
