#include "aws/profiles.h"

#include <fstream>

#include <gtest/gtest.h>

#include "aws/environment_for_tests.h"

namespace reprocess {
namespace {

class AwsProfilesTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(home_ + "/" + name) << text;
  }
  AwsProfiles Load(Variables variables = {}) const {
    variables.emplace("HOME", home_);
    return AwsProfiles::Load(EnvironmentOf(variables)).value();
  }

  const TemporaryHome temporary_;
  const std::string home_ = temporary_.path();
};

TEST_F(AwsProfilesTest, ReadsProfilesAndSessionsWithoutCommentsAndSubSettings) {
  Write(".aws/config",
        "# head\n[default]\nregion = eu-west-1 ; home\n\n[profile a b]\nrole_arn=arn#1\n"
        "s3 =\n  role_arn = nested\n[profile 'quoted']\nregion = q\n"
        "[sso-session corp]\nsso_region = r\n[services x]\nregion = y\n[lost]\nregion = z\n");
  const AwsProfiles profiles = Load();
  EXPECT_EQ(ValueOf(*profiles.Profile("default"), "region"), "eu-west-1");
  EXPECT_EQ(ValueOf(*profiles.Profile("a b"), "role_arn"), "arn#1");
  EXPECT_EQ(ValueOf(*profiles.Profile("quoted"), "region"), "q");
  EXPECT_EQ(ValueOf(*profiles.SsoSession("corp"), "sso_region"), "r");
  EXPECT_EQ(profiles.Profile("lost"), nullptr);
  EXPECT_EQ(profiles.Profile("x"), nullptr);
}

TEST_F(AwsProfilesTest, TheCredentialsFileCountsBeforeTheConfiguration) {
  Write(".aws/config", "[profile p]\naws_access_key_id = A\nregion = r\n");
  Write(".aws/credentials", "[p]\naws_access_key_id = B\r\n");
  const AwsProfiles profiles = Load();
  EXPECT_EQ(ValueOf(*profiles.Profile("p"), "aws_access_key_id"), "B");
  EXPECT_EQ(ValueOf(*profiles.Profile("p"), "region"), "r");
}

TEST_F(AwsProfilesTest, VariablesNameTheProfileAndTheFiles) {
  Write("elsewhere", "[profile p]\nregion = there\n");
  EXPECT_EQ(Load().active(), "default");
  EXPECT_FALSE(Load().named());
  const AwsProfiles profiles =
      Load({{"AWS_PROFILE", " p\n"}, {"AWS_CONFIG_FILE", home_ + "/elsewhere"}});
  EXPECT_EQ(profiles.active(), "p");
  EXPECT_TRUE(profiles.named());
  EXPECT_EQ(ValueOf(*profiles.Profile("p"), "region"), "there");
  EXPECT_EQ(Load({{"AWS_DEFAULT_PROFILE", "q"}}).active(), "q");
}

}  // namespace
}  // namespace reprocess
