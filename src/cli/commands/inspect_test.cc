#include "cli/commands/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/words.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

TEST(InspectRules, AVersionOfOneS3ObjectCanBeAskedFor) {
  const auto asked = [](const char* path) {
    return InspectRequestOf(GivenBy({"inspect", path, "--version-id", "v1"}), Variables({}));
  };
  EXPECT_EQ(asked("s3://bucket/deep/key")->version_id, "v1");
  const auto refused = asked("/logs");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("s3://bucket/key"));
}

}  // namespace
}  // namespace reprocess
