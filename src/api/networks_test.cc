#include "api/networks.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(Networks, HoldTheAddressesThatTheirBitsSay) {
  const std::vector<std::string> networks = {"10.0.0.0/8", "192.168.1.7", "fd00::/9", "x/y"};
  for (const char* in : {"10.255.0.1", "192.168.1.7", "fd7f::1", "::ffff:10.1.2.3"}) {
    EXPECT_TRUE(IsIn(in, networks)) << in;
  }
  for (const char* out : {"11.0.0.1", "192.168.1.8", "fd80::1", "nobody", ""}) {
    EXPECT_FALSE(IsIn(out, networks)) << out;
  }
}

TEST(Networks, OfMoreBitsThanAnAddressHasHoldNone) {
  EXPECT_FALSE(IsIn("10.0.0.1", {"10.0.0.1/33"}));
  EXPECT_TRUE(IsIn("10.0.0.1", {"0.0.0.0/0"}));
}

}  // namespace
}  // namespace reprocess
