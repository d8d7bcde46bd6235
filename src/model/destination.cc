#include "model/destination.h"

namespace reprocess {

std::string Describe(const Destination& destination) {
  switch (destination.kind) {
    case Destination::kKafka:
      return "Kafka topic " + destination.topic;
    case Destination::kFiles:
      return "files in " + destination.directory;
    case Destination::kNone:
      break;
  }
  return "nowhere (dry run)";
}

std::string FingerprintNameOf(const Destination& destination) {
  switch (destination.kind) {
    case Destination::kKafka:
      return "kafka:" + destination.topic;
    case Destination::kFiles:
      return "files";
    case Destination::kNone:
      break;
  }
  return "dry";
}

}  // namespace reprocess
