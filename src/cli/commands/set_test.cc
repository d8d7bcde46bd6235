#include "cli/commands/set.h"

#include <gtest/gtest.h>

#include "cli/words.h"

namespace reprocess {
namespace {

TEST(ThrottleRules, SetChangesWhatIsNamedAndNoMore) {
  const auto asked = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"set", "job-7"});
    return SetRequestOf(GivenBy(words));
  };
  const auto request = asked({"max_messages_per_second=10", "max_consumer_lag=", "lag_groups=a,b"});
  ASSERT_TRUE(request) << request.error().ToString();
  EXPECT_EQ(request->job_id, "job-7");
  EXPECT_EQ(request->change.max_messages_per_second.value(), std::optional<std::uint64_t>(10));
  EXPECT_FALSE(request->change.max_bytes_per_second);
  ASSERT_TRUE(request->change.max_consumer_lag) << "an empty value is a change";
  EXPECT_FALSE(*request->change.max_consumer_lag);
  EXPECT_EQ(request->change.lag_groups.value(), std::optional(std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(request->change.paused);
  EXPECT_FALSE(asked({})) << "nothing to set";
  for (const char* word :
       {"max_messages=1", "max_messages_per_second", "max_consumer_lag=x",
        "max_bytes_per_second=-1", "lag_groups=a,", "paused=1", "max_errors=5 %"}) {
    EXPECT_FALSE(asked({word})) << word;
  }
  EXPECT_EQ(asked({"max_errors=5%"})->change.max_errors.value(),
            std::optional(MaxErrors{.hundredths = 500}));
  EXPECT_EQ(asked({"max_errors="})->change.max_errors.value(), std::nullopt);
}

}  // namespace
}  // namespace reprocess
