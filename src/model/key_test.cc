#include "model/key.h"

#include <limits>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

constexpr std::string_view kPath = "s3://failover/kafka_failover_2026_05_01T00_00_00.ndjson.gz";

std::string KeyOf(std::string_view path, std::uint64_t first_byte) {
  const KeyText text = LineKeyOf(FileKeyOf(path), first_byte);
  return {text.begin(), text.end()};
}

// Computed with Python's xxhash from the formula in key.h: a change breaks every replay that is
// under way, and `verify` of past ones.
TEST(Key, IsTheFormulasOnEveryMachine) {
  EXPECT_EQ(KeyOf(kPath, 0), "758af810-3901-446b-bbaf-cc107e2bcd7c");
  EXPECT_EQ(KeyOf(kPath, 88'213), "8c9d183c-29e8-43a5-9894-bdd856bb6041");
  EXPECT_EQ(KeyOf("/var/log/a.ndjson", 0), "d943426a-e673-421c-8c7d-9b5b18f2e4f9");
  EXPECT_EQ(KeyOf("/var/log/a.ndjson", 1), "fc054ba1-3be6-4c7b-99b9-e1e77f0c4633");
  EXPECT_EQ(KeyOf("/var/log/a.ndjson", std::numeric_limits<std::uint64_t>::max()),
            "d3257636-4cce-42ac-81cd-ef28a333d517");
  EXPECT_EQ(KeyOf("", 0), "0532ad86-7507-4226-b04f-f6cfbd05c2e8");
  EXPECT_EQ(KeyOf("s3://b/ключ éÿ", 1'042), "f737de94-225a-43d5-8985-5b13191f04ca");
}

TEST(Key, IsAVersion4UuidInLowerCase) {
  for (std::uint64_t byte = 0; byte < 1'000; ++byte) {
    const std::string key = KeyOf(kPath, byte);
    ASSERT_EQ(key.size(), kKeySize);
    EXPECT_EQ(key[14], '4') << key;
    EXPECT_NE(std::string_view("89ab").find(key[19]), std::string_view::npos) << key;
    for (std::size_t i = 0; i < key.size(); ++i) {
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      EXPECT_EQ(key[i] == '-', dash) << key;
      EXPECT_TRUE(dash ||
                  std::string_view("0123456789abcdef").find(key[i]) != std::string_view::npos);
    }
  }
}

TEST(Key, DiffersByPathAndByOffset) {
  std::set<std::string> keys;
  const std::string_view paths[] = {"/a",       "/b",          "/a/",      "/A",
                                    "s3://a/b", "s3://a/b%20", "s3://a/b "};
  for (const auto path : paths) {
    for (std::uint64_t byte = 0; byte < 500; ++byte) keys.insert(KeyOf(path, byte * 1'000'003));
  }
  EXPECT_EQ(keys.size(), 7u * 500u);
  EXPECT_EQ(KeyOf("/a", 7), KeyOf("/a", 7));
}

TEST(KeyBits, AreThoseOfTheTextAndOfNothingElse) {
  const std::string key = KeyOf("/a", 7);
  const auto bits = KeyBitsOf(key);
  ASSERT_TRUE(bits);
  EXPECT_EQ(fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", bits->high >> 32,
                        bits->high >> 16 & 0xFFFF, bits->high & 0xFFFF, bits->low >> 48,
                        bits->low & 0xFFFF'FFFF'FFFF),
            key);
  EXPECT_FALSE(KeyBitsOf(""));
  EXPECT_FALSE(KeyBitsOf(key + "0"));
  EXPECT_FALSE(KeyBitsOf("00000000-0000-1000-8000-000000000000")) << "version 1";
  EXPECT_FALSE(KeyBitsOf("0000000000-000-4000-8000-000000000000"));
  EXPECT_FALSE(KeyBitsOf("0000000g-0000-4000-8000-000000000000"));
}

TEST(HashText, IsXxh3InSixteenDigits) {
  EXPECT_EQ(HashText(""), "2d06800538d394c2");
  EXPECT_EQ(HashText("abc"), "78af5f94892f3950");
}

}  // namespace
}  // namespace reprocess
