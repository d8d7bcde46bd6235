#include "cli/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/database_option.h"
#include "cli/words.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

TEST(DefaultDatabase, LiesInTheStateFolder) {
  EXPECT_EQ(DatabaseUrlOf("", Variables({})),
            "sqlite:///home/op/.local/state/reprocess/reprocess.db");
  EXPECT_EQ(DatabaseUrlOf("", Variables({{"XDG_STATE_HOME", "/s"}})),
            "sqlite:///s/reprocess/reprocess.db");
}

TEST(AmountOf, TakesThousandsMillionsAndBillions) {
  const struct {
    const char* text;
    std::optional<std::uint64_t> amount;
  } kRows[] = {
      {"0", 0},
      {"17", 17},
      {"2k", 2'000},
      {"2K", 2'000},
      {"3M", 3'000'000},
      {"1g", 1000000000},
      {"", {}},
      {"k", {}},
      {"-1", {}},
      {"1.5k", {}},
      {"2kk", {}},
      {"2 k", {}},
      {"2t", {}},
      {"9223372036854775807", INT64_MAX},
      {"10000000000G", {}},
  };
  for (const auto& [text, amount] : kRows) {
    const auto parsed = AmountOf("max", text);
    EXPECT_EQ(parsed ? std::optional(*parsed) : std::nullopt, amount) << text;
  }
  EXPECT_THAT(AmountOf("max_consumer_lag", "2t").error().what,
              HasSubstr("max_consumer_lag: expected a whole number from 0, or one with k, M or G"));
}

TEST(ReasonArgument, IsOneOfTheErrorReasons) {
  EXPECT_EQ(ReasonArgument("too_large").value(), std::optional(Reason::kTooLarge));
  EXPECT_EQ(ReasonArgument("").value(), std::optional<Reason>());
  EXPECT_THAT(ReasonArgument("blank").error().what, HasSubstr("invalid_json"));
}

}  // namespace
}  // namespace reprocess
