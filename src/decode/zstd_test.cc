#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/object_for_tests.h"

namespace reprocess {
namespace {

ReadFile Read(std::string bytes, LineReader::Limits limits = {}) {
  return ReadLines(FakeObject{std::move(bytes), SIZE_MAX, SIZE_MAX}, limits);
}

std::string ManyLines(std::size_t bytes) {
  std::string text;
  std::uint32_t random = 1;
  while (text.size() < bytes) {
    random = random * 1664525 + 1013904223;
    text += "{\"messageId\":\"" + std::to_string(random) + "\",\"type\":\"page\"}\n";
  }
  return text;
}

TEST(ZstdFrames, AnObjectMayBeginWithASkippableFrame) {
  const ReadFile file = Read(SkippableFrame("index") + ZstdFrame("one\n") + SkippableFrame(""));
  EXPECT_FALSE(file.error);
  ASSERT_EQ(file.lines.size(), 1);
  EXPECT_EQ(file.lines[0].text, "one");
}

TEST(ZstdFrames, AnObjectOfSkippableFramesAloneHasNoLines) {
  const ReadFile file = Read(SkippableFrame(std::string(500'000, 'x')));
  EXPECT_FALSE(file.error);
  EXPECT_TRUE(file.lines.empty());
}

TEST(ZstdFrames, AFrameOfManyBlocksComesOutWhole) {
  const std::string text = ManyLines(3'000'000);
  EXPECT_EQ(Read(ZstdFrame(text)).lines, Read(text).lines);
}

TEST(ZstdFrames, TheBlocksBeforeABrokenOneComeOutInBatchesOfAnySize) {
  std::string bytes = ZstdFrame(ManyLines(2'000'000));
  for (std::size_t i = 0; i < 64; ++i) bytes[bytes.size() / 2 + i] ^= 0x55;
  const ReadFile small = Read(bytes, {.batch_bytes = 1000});
  const ReadFile large = Read(bytes, {.batch_bytes = 4 << 20});
  ASSERT_TRUE(small.error);
  ASSERT_TRUE(large.error);
  EXPECT_GT(small.lines.size(), 10'000);
  EXPECT_EQ(small.lines, large.lines);
}

TEST(ZstdFrames, AFrameThatEndsBeforeTheLengthItNamesIsCorrupt) {
  // 160 bytes by its header; then nothing but an empty last block.
  const std::string cut("\x28\xB5\x2F\xFD\x20\xA0\x01\x00\x00", 9);
  const ReadFile file = Read(ZstdFrame("one\n") + cut);
  ASSERT_TRUE(file.error);
  EXPECT_THAT(file.error->what, testing::HasSubstr("length mismatch"));
  EXPECT_EQ(file.lines.size(), 1);
}

TEST(ZstdFrames, WhatFollowsAFrameIsNoFrameHoweverItIsCutIntoPieces) {
  // With a byte before it, an empty frame of zstd 0.5.
  const std::string garbage("\x28\x25\xB5\x2F\xFD\x00\x00\x00\x00", 9);
  for (std::size_t piece = 1; piece < 12; ++piece) {
    const FakeObject object{SkippableFrame("abc") + garbage, piece};
    EXPECT_TRUE(ReadLines(object).error) << piece;
  }
}

TEST(ZstdFrames, AWindowTooLargeForTheMemoryIsRefusedWithTheRemedy) {
  // A frame header alone: window descriptor 0xA0 asks for 2^30 bytes.
  const ReadFile file = Read(std::string("\x28\xB5\x2F\xFD\x00\xA0\x01\x00\x00", 9));
  ASSERT_TRUE(file.error);
  EXPECT_THAT(file.error->what, testing::HasSubstr("window is larger than 128 MiB"));
  EXPECT_THAT(file.error->hint, testing::HasSubstr("--long"));
}

}  // namespace
}  // namespace reprocess
