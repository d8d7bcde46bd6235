#include "model/destination.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

// Checkpoints and prints of jobs in flight hold the hash of it, or it itself.
TEST(Destination, HasTheNameThatFingerprintsOfEveryBuildGiveIt) {
  EXPECT_EQ(FingerprintNameOf({.kind = Destination::kKafka, .brokers = "b:1", .topic = "events"}),
            "kafka:events");
  EXPECT_EQ(FingerprintNameOf({.kind = Destination::kFiles, .directory = "/out"}), "files");
  EXPECT_EQ(FingerprintNameOf({.kind = Destination::kNone}), "dry");
}

}  // namespace
}  // namespace reprocess
