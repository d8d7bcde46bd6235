#include "api/tokens.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

// By Python's hashlib: of "a-token", the salt "salt1" and the secret "s3cret"; hexadecimal.
constexpr const char* kHex =
    "222604da5da76af3546f08b8de02ffe824a91b4e73752717ec957c57136dbaae"
    "15f2657f40ef7e87b7b51ffd2a073e6816ce1ae8053d5318a5e0fb67d94b1dd2";
// Of the same without a secret, in base64 without padding.
constexpr const char* kBase64 =
    "bG+HKQWYyN7t2b/DWvIz1e1a/r/ZJIl9DcPyHN6QYx/Isdv6htu4g2Mb65T6hLc+Eyu+3+monoKUYVjLsAzfxg";
// Of the same with the admin service's own secret in place of none.
constexpr const char* kDefault =
    "28e6b49fa7a0979016144aeb210123f38cd556b7b38670efbd2a4c04317e030e"
    "d7c20f5afb86202a91720c5a77e7ebaeb853eb32a30dfd0ad96b4a429bfb6aaa";

std::string WhoIs(const Tokens& tokens, std::string_view token) {
  const auto holder = tokens.Find(token);
  return holder ? holder->who + (holder->operates ? "" : " looks") : "nobody";
}

TEST(Tokens, AreRawOrHashedInBothForms) {
  const struct {
    std::string hash, secrets;
  } rows[] = {{kHex, "s3cret"}, {kHex, "other, s3cret"}, {kBase64, ""}, {kDefault, ""}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.hash + " " + row.secrets);
    const Tokens tokens("", "anna=salt1." + row.hash, "", row.secrets);
    EXPECT_EQ(WhoIs(tokens, "a-token"), "anna");
    EXPECT_EQ(WhoIs(tokens, "b-token"), "nobody");
  }
  EXPECT_EQ(WhoIs(Tokens("", fmt::format("salt1.{}", kHex), "", "wrong"), "a-token"), "nobody");
}

TEST(Tokens, HaveTheNameThatIsGivenOrTheBeginningOfTheirHash) {
  const Tokens tokens("anna=secret-of-anna, plain-token", "", "look=only-to-look", "");
  EXPECT_EQ(WhoIs(tokens, "secret-of-anna"), "anna");
  EXPECT_EQ(WhoIs(tokens, "plain-token"), Hex(Sha256("plain-token")).substr(0, 8));
  EXPECT_EQ(WhoIs(tokens, "only-to-look"), "look looks");
  EXPECT_EQ(WhoIs(tokens, "anna=secret-of-anna"), "anna") << "as the admin service compares it";
}

TEST(Tokens, PaddingOfBase64IsNoToken) {
  const Tokens tokens("YWJjZGVmZw==", "", "", "");
  EXPECT_EQ(WhoIs(tokens, "="), "nobody");
  EXPECT_EQ(WhoIs(tokens, ""), "nobody");
  EXPECT_NE(WhoIs(tokens, "YWJjZGVmZw=="), "nobody");
}

TEST(Tokens, AnEntryWithoutAHashIsFound) {
  EXPECT_EQ(FirstWithoutHash("a.b, x=c.d"), 0);
  EXPECT_EQ(FirstWithoutHash("a.b, cd"), 2);
  EXPECT_EQ(FirstWithoutHash("a."), 1);
}

TEST(Tokens, SecretsAreDrawnAnew) {
  EXPECT_EQ(NewSecret().size(), 64u);
  EXPECT_NE(NewSecret(), NewSecret());
}

}  // namespace
}  // namespace reprocess
