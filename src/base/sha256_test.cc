#include "base/sha256.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

// The examples of NIST for FIPS 180-4.
TEST(Sha256, IsWhatTheStandardsExamplesSay) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  Sha256Hasher hasher;
  hasher.Add("a");
  hasher.Add("");
  hasher.Add("bc");
  EXPECT_EQ(std::move(hasher).Digest(), Sha256("abc"));
}

}  // namespace
}  // namespace reprocess
