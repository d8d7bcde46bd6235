#include "cli/commands/reset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/words.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

TEST(ResetRules, JsonNeedsYesBecauseNothingCanBeAsked) {
  const auto asked = [](const std::vector<std::string>& words) {
    return ResetRequestOf(GivenBy(words), Variables({}));
  };
  EXPECT_THAT(asked({"reset", "j", "--json"}).error().hint, HasSubstr("--yes"));
  EXPECT_EQ(asked({"reset", "j", "--json", "--yes", "--shard", "3"})->shard, 3);
  EXPECT_THAT(asked({"reset", "j", "--shard", "x"}).error().what, HasSubstr("--shard"));
}

}  // namespace
}  // namespace reprocess
