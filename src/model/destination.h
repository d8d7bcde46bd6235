// Where a job's records go, as the operator said it and as the stored plan remembers it.
#pragma once

#include <cstdint>
#include <string>

namespace reprocess {

enum class Destination : std::uint8_t { kKafka, kFiles, kNone };

struct Target {
  Destination kind = Destination::kKafka;
  std::string brokers, topic;  // kKafka
  std::string directory;       // kFiles: absolute
  bool operator==(const Target&) const = default;
};

// "kafka topic destinations", "files in /out", "dry run".
std::string Describe(const Target& target);

}  // namespace reprocess
