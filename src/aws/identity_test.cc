#include "aws/identity.h"

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/clock_for_tests.h"
#include "aws/environment_for_tests.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

// An identity whose source is a process that prints what the test has written down.
class S3IdentityTest : public testing::Test {
 protected:
  S3IdentityTest() {
    std::ofstream(home_ + "/.aws/config")
        << "[default]\ncredential_process = cat '" + home_ + "/now' 2>&-\n";
    clock_.wall = *ParseRfc3339("2026-05-01T00:00:00Z");
  }

  void Issue(const std::string& key, minutes lifetime) const {
    std::ofstream(home_ + "/now.tmp")
        << R"({"Version":1,"AccessKeyId":")" << key
        << R"(","SecretAccessKey":"hush","SessionToken":"t","Expiration":")"
        << FormatRfc3339(clock_.wall + lifetime) << "\"}";
    std::filesystem::rename(home_ + "/now.tmp", home_ + "/now");
  }
  void IssueNothing() const { std::filesystem::remove(home_ + "/now"); }

  std::unique_ptr<S3Identity> Make() {
    return MakeS3Identity({}, EnvironmentOf({{"HOME", home_}}), clock_,
                          [this](LogLevel, std::string_view text) {
                            const std::scoped_lock lock(mutex_);
                            notices_.emplace_back(text);
                            noticed_.notify_all();
                          })
        .value();
  }
  std::string WaitForNotice(std::size_t number) {
    std::unique_lock lock(mutex_);
    noticed_.wait(lock, [&] { return notices_.size() > number; });
    return notices_[number];
  }
  static std::string KeyOf(S3Identity& identity) { return identity.Get({})->access_key_id; }

  const TemporaryHome temporary_;
  const std::string home_ = temporary_.path();
  HandClock clock_;
  std::mutex mutex_;
  std::condition_variable noticed_;
  std::vector<std::string> notices_;
};

TEST_F(S3IdentityTest, KeepsWhatItHasUntilFiveMinutesBeforeItsEnd) {
  Issue("first", minutes(60));
  const auto identity = Make();
  EXPECT_EQ(KeyOf(*identity), "first");
  Issue("second", minutes(120));
  clock_.Move(minutes(54));
  EXPECT_EQ(KeyOf(*identity), "first");
  EXPECT_THAT(WaitForNotice(0), HasSubstr("credential_process, key first"));
  EXPECT_THAT(notices_[0], Not(HasSubstr("hush")));
}

TEST_F(S3IdentityTest, TheOldOnesCountWhileNewOnesCannotBeHad) {
  Issue("first", minutes(60));
  const auto identity = Make();
  EXPECT_EQ(KeyOf(*identity), "first");
  IssueNothing();
  clock_.Move(minutes(56));
  EXPECT_EQ(KeyOf(*identity), "first");
  EXPECT_THAT(WaitForNotice(1), HasSubstr("the old ones still count"));
  EXPECT_EQ(KeyOf(*identity), "first");
  clock_.Move(minutes(4));
  const auto expired = identity->Get({});
  ASSERT_FALSE(expired);
  EXPECT_THAT(expired.error().what, HasSubstr("credential_process"));
  EXPECT_EQ(expired.error().code, Code::kNotAuthorized);
}

TEST_F(S3IdentityTest, WhatTheServiceRejectedIsNotGivenOutAgain) {
  Issue("first", minutes(60));
  const auto identity = Make();
  const S3Credentials first = *identity->Get({});
  Issue("second", minutes(60));
  identity->Reject(first);
  const S3Credentials second = *identity->Get({});
  EXPECT_EQ(second.access_key_id, "second");
  Issue("third", minutes(60));
  identity->Reject(first);
  EXPECT_EQ(KeyOf(*identity), "second") << "the rejected ones are not the current ones";
}

TEST_F(S3IdentityTest, WhatHasExpiredAlreadyIsAnError) {
  Issue("first", minutes(0));
  const auto identity = Make();
  const auto credentials = identity->Get({});
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().what, HasSubstr("has expired already"));
}

TEST_F(S3IdentityTest, TheRegionIsTheEnvironmentsThenTheProfilesThenTheDefault) {
  const Environment home = EnvironmentOf({{"HOME", home_}});
  EXPECT_EQ(*S3RegionOf({}, home), "us-east-1");
  std::ofstream(home_ + "/.aws/config") << "[default]\nregion = eu-west-3\n";
  EXPECT_EQ(*S3RegionOf({}, home), "eu-west-3");
  S3Settings settings;
  settings.region = "eu-north-1";
  EXPECT_EQ(*S3RegionOf(settings, home), "eu-north-1");
}

TEST(S3Endpoint, IsThatOfTheSettingsElseOfTheProfilesServiceElseOfTheProfile) {
  const TemporaryHome home;
  const auto write = [&](const std::string& text) {
    std::ofstream(home.path() + "/.aws/config") << text;
  };
  const Variables variables = {{"HOME", home.path()}};
  EXPECT_EQ(*S3EndpointOf({}, EnvironmentOf(variables)), "");
  write("[default]\nendpoint_url = http://all:1 # of every service\n");
  EXPECT_EQ(*S3EndpointOf({}, EnvironmentOf(variables)), "http://all:1");
  write(
      "[default]\nservices = mine\nendpoint_url = http://all:1\n"
      "[services other]\ns3 =\n  endpoint_url = http://other:1\n"
      "[services mine]\nsts =\n  endpoint_url = http://sts:1\n"
      "s3 =\n  endpoint_url = https://s3.example/base\n"
      "[profile p]\nendpoint_url = http://p:1\n");
  EXPECT_EQ(*S3EndpointOf({}, EnvironmentOf(variables)), "https://s3.example/base");
  Variables named = variables;
  named["AWS_PROFILE"] = "p";
  EXPECT_EQ(*S3EndpointOf({}, EnvironmentOf(named)), "http://p:1");
  S3Settings settings;
  settings.endpoint = "http://set:1";
  EXPECT_EQ(*S3EndpointOf(settings, EnvironmentOf(named)), "http://set:1");
  named["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(*S3EndpointOf({}, EnvironmentOf(named)), "");
  for (const char* bad : {"s3.example", "ftp://x", "http://user:secret@x", "http://x?q=1"}) {
    write(std::string("[default]\nendpoint_url = ") + bad + "\n");
    const auto refused = S3EndpointOf({}, EnvironmentOf(variables));
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().ToString().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace reprocess
