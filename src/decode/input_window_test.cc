#include "decode/input_window.h"

#include <gtest/gtest.h>

#include "decode/object_for_tests.h"

namespace reprocess {
namespace {

std::string_view Seen(const InputWindow& window) {
  return {window.data(), window.size()};
}

TEST(InputWindow, BytesGivenBackOverARefillAreSeenAgain) {
  const std::string bytes = "0123456789abcdef";
  InputWindow window(std::make_unique<FakeSource>(bytes, 4, 3, SIZE_MAX), "0123", 100);
  EXPECT_EQ(Seen(window), "0123");
  for (std::string_view expected : {"456", "789", "abc", "def"}) {
    window.Consume(window.size());
    ASSERT_EQ(window.Fill(), true);
    EXPECT_EQ(Seen(window), expected);
  }
  EXPECT_EQ(window.position(), 113);
  window.Consume(1);
  window.GiveBack(InputWindow::kGiveBack);
  EXPECT_EQ(Seen(window), "6789abcdef");
  EXPECT_EQ(window.position(), 106);
}

TEST(InputWindow, TheEndStaysTheEnd) {
  InputWindow window(std::make_unique<FakeSource>("", 0, 1, SIZE_MAX), "x", 0);
  ASSERT_EQ(window.Fill(), true) << "what is there need not be read";
  window.Consume(1);
  EXPECT_EQ(window.Fill(), false);
  EXPECT_EQ(window.Fill(), false);
}

}  // namespace
}  // namespace reprocess
