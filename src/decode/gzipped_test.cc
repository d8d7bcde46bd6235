#include "decode/gzipped.h"

#include <gtest/gtest.h>

#include "decode/object_for_tests.h"

namespace reprocess {
namespace {

// As the line reader, which has other code, reads it.
std::string Inflated(const std::string& member) {
  const std::uint64_t room = 64 << 20;
  std::vector<std::uint8_t> out(room);
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  state.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(member.data()));
  state.avail_in = static_cast<std::uint32_t>(member.size());
  state.next_out = out.data();
  state.avail_out = static_cast<std::uint32_t>(room);
  EXPECT_EQ(isal_inflate(&state), ISAL_DECOMP_OK);
  EXPECT_EQ(state.block_state, ISAL_BLOCK_FINISH);
  return {reinterpret_cast<const char*>(out.data()), room - state.avail_out};
}

TEST(Gzipped, ComesBackAsItWas) {
  std::string mixed;
  std::uint64_t random = 1;
  for (int i = 0; i < 300'000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    mixed += i % 3 == 0 ? static_cast<char>(random >> 56) : 'a';
  }
  for (const std::string& text :
       {std::string(), std::string("one line\n"), std::string(5 << 20, 'x'), mixed}) {
    SCOPED_TRACE(text.size());
    EXPECT_EQ(Inflated(Gzipped(text)), text);
  }
  EXPECT_LT(Gzipped(std::string(5 << 20, 'x')).size(), 100'000u);
}

}  // namespace
}  // namespace reprocess
