// Where a job's records go, as the operator says it and as the stored plan remembers it.
#pragma once

#include <cstdint>
#include <string>

namespace reprocess {

struct Destination {
  enum class Kind : std::uint8_t { kKafka, kFiles, kNone };
  using enum Kind;

  Kind kind = kKafka;
  std::string brokers{}, topic{};  // kKafka
  std::string directory{};         // kFiles: absolute
  bool operator==(const Destination&) const = default;
};

// For people: "Kafka topic destinations", "files in /out", "nowhere (dry run)".
std::string Describe(const Destination& destination);

// As fingerprints and prints have it: "kafka:<topic>", "files", "dry".
std::string FingerprintNameOf(const Destination& destination);

}  // namespace reprocess
