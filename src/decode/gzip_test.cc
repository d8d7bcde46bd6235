#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/object_for_tests.h"

namespace reprocess {
namespace {

using std::string_literals::operator""s;

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// A member's parts around the data "one\n", as gzip(1) writes them.
const std::string kData = Bytes("cbcf4be50200");
const std::string kTrailer = Bytes("9fa817f804000000");
std::string Member(std::string_view header) {
  return std::string(header) + kData + kTrailer;
}

ReadFile Read(std::string bytes, std::size_t chunk = SIZE_MAX) {
  return ReadLines(FakeObject{std::move(bytes), chunk, SIZE_MAX});
}

TEST(GzipHeaders, EveryOptionalPartIsReadOver) {
  const std::string fixed = "\0\0\0\0\0\x03"s;
  const std::pair<const char*, std::string> rows[] = {
      {"none", "\x1F\x8B\x08\0"s + fixed},
      {"text", "\x1F\x8B\x08\x01"s + fixed},
      {"extra", "\x1F\x8B\x08\x04"s + fixed + "\x03\0abc"s},
      {"a long extra", "\x1F\x8B\x08\x04"s + fixed + "\xFF\xFF"s + std::string(0xFFFF, 'e')},
      {"name", "\x1F\x8B\x08\x08"s + fixed + "a.ndjson\0"s},
      {"a very long name", "\x1F\x8B\x08\x08"s + fixed + std::string(300'000, 'n') + "\0"s},
      {"comment", "\x1F\x8B\x08\x10"s + fixed + "what it is\0"s},
      {"all", "\x1F\x8B\x08\x1D"s + fixed + "\x01\0xname\0comment\0"s},
      {"header crc", Bytes("1f8b0802000000000003a777")},
  };
  for (const auto& [name, header] : rows) {
    for (const std::size_t chunk : {1UZ, 1UZ << 20}) {
      SCOPED_TRACE(name);
      const ReadFile file = Read(Member(header) + Member(header), chunk);
      EXPECT_FALSE(file.error) << file.error->ToString();
      ASSERT_EQ(file.lines.size(), 2);
      EXPECT_EQ(file.lines[1].text, "one");
    }
  }
}

TEST(GzipHeaders, WhatIsNotGzipIsRefusedByReason) {
  std::string wrong_header_crc = Bytes("1f8b0802000000000003a777");
  wrong_header_crc.back() ^= 1;
  const std::pair<std::string, const char*> rows[] = {
      {"\x1F\x8B\x07\0\0\0\0\0\0\x03"s, "compression method 7 is unknown"},
      {"\x1F\x8B\x08\x20\0\0\0\0\0\x03"s, "reserved header flags are set"},
      {wrong_header_crc, "header crc mismatch"},
  };
  for (const auto& [header, why] : rows) {
    const ReadFile file = Read(Member(header));
    ASSERT_TRUE(file.error);
    EXPECT_THAT(file.error->what, testing::HasSubstr(why));
    EXPECT_TRUE(file.lines.empty());
  }
}

TEST(GzipTrailers, SayWhatDoesNotMatch) {
  const std::string header = "\x1F\x8B\x08\0\0\0\0\0\0\x03"s;
  std::string crc = Member(header), length = crc;
  crc[crc.size() - 8] ^= 1;
  length[length.size() - 4] ^= 1;
  EXPECT_THAT(Read(crc).error->what, testing::HasSubstr("crc mismatch"));
  EXPECT_THAT(Read(length).error->what, testing::HasSubstr("length mismatch"));
  EXPECT_EQ(Read(length).lines.size(), 1) << "lines before the error come out";
}

TEST(GzipMembers, AnEmptyMemberBetweenTwoIsNoEnd) {
  const ReadFile file = Read(GzipMember("one\ntw") + GzipMember("") + GzipMember("o\nthree"));
  EXPECT_FALSE(file.error);
  ASSERT_EQ(file.lines.size(), 3);
  EXPECT_EQ(file.lines[1].text, "two");
}

TEST(GzipMembers, OneMemberALineIsReadAsOneFile) {
  std::string bytes, text;
  for (int i = 0; i < 2000; ++i) {
    const std::string line = "{\"n\":" + std::to_string(i) + "}\n";
    bytes += GzipMember(line);
    text += line;
  }
  EXPECT_EQ(Read(bytes).lines, Read(text).lines);
}

TEST(GzipMembers, AMemberLongerThanTheWindowAndEveryBufferComesOutWhole) {
  std::string text;
  std::uint32_t random = 1;
  while (text.size() < 3'000'000) {
    random = random * 1664525 + 1013904223;
    text += "{\"messageId\":\"" + std::to_string(random) + "\",\"type\":\"page\"}\n";
  }
  EXPECT_EQ(Read(GzipMember(text) + GzipMember(text, 3)).lines, Read(text + text).lines);
}

TEST(GzipMembers, WhatWasInflatedBeforeCorruptionComesOutInBatchesOfAnySize) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "{\"n\":" + std::to_string(i * 7919) + "}\n";
  std::string bytes = GzipMember(text);
  for (std::size_t i = 0; i < 64; ++i) bytes[bytes.size() / 2 + i] = '\0';
  const FakeObject object{bytes, SIZE_MAX, SIZE_MAX};
  const ReadFile large = ReadLines(object);
  const ReadFile small = ReadLines(object, {.batch_bytes = 7});
  ASSERT_TRUE(large.error);
  ASSERT_TRUE(small.error);
  EXPECT_THAT(small.error->what, testing::HasSubstr("invalid distance"));
  EXPECT_GT(large.lines.size(), 1000);
  EXPECT_EQ(large.lines, small.lines);
}

TEST(GzipMembers, TheErrorNamesTheMemberThatIsBroken) {
  const std::string good = GzipMember("one\n");
  std::string bad = GzipMember("two\n");
  bad[bad.size() - 8] ^= 1;
  const ReadFile file = Read(good + bad);
  ASSERT_TRUE(file.error);
  EXPECT_THAT(file.error->what, testing::HasSubstr("(gzip member at compressed byte " +
                                                   std::to_string(good.size()) + ")"));
  EXPECT_THAT(file.error->where, testing::StartsWith("byte 8, line 3 (compressed byte "));
}

}  // namespace
}  // namespace reprocess
