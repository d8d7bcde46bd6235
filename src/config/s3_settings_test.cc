#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/worker_config.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using Vars = std::map<std::string, std::string>;

Result<EnvironmentConfig> Load(const Vars& variables) {
  return LoadEnvironment([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(S3Settings, AreTheDefaultsWhereNothingIsSet) {
  const S3Settings s = Load({})->settings.s3;
  EXPECT_EQ(s.endpoint, "");
  EXPECT_EQ(s.region, "");
  EXPECT_FALSE(s.path_style);
  EXPECT_FALSE(s.fips || s.dual_stack || s.anonymous || s.requester_pays);
  EXPECT_EQ(s.part_bytes, 4U << 20);
  EXPECT_EQ(s.parts, 3U);
}

TEST(S3Settings, AreReadFromTheirVariables) {
  const auto config = Load({{"AWS_ENDPOINT_URL_S3", "http://minio:9000\n"},
                            {"AWS_ENDPOINT_URL", "http://other"},
                            {"AWS_REGION", "eu-west-1"},
                            {"AWS_DEFAULT_REGION", "us-west-2"},
                            {"AWS_CA_BUNDLE", "/ca.pem"},
                            {"S3_FORCE_PATH_STYLE", "false"},
                            {"AWS_USE_FIPS_ENDPOINT", "true"},
                            {"AWS_USE_DUALSTACK_ENDPOINT", "true"},
                            {"S3_ANONYMOUS", "1"},
                            {"REPROCESS_S3_REQUESTER_PAYS", "yes"},
                            {"REPROCESS_S3_PART_BYTES", "1M"},
                            {"REPROCESS_S3_PARTS", "5"},
                            {"REPROCESS_S3_STALL_MS", "1000"},
                            {"REPROCESS_S3_MIN_RATE", "2K"},
                            {"REPROCESS_S3_PART_TRIES", "2"},
                            {"REPROCESS_S3_RETRY_WAIT_MS", "7"}});
  ASSERT_TRUE(config) << config.error().ToString();
  const S3Settings& s = config->settings.s3;
  EXPECT_EQ(s.endpoint, "http://minio:9000");
  EXPECT_EQ(s.region, "eu-west-1");
  EXPECT_EQ(s.ca_bundle, "/ca.pem");
  EXPECT_EQ(s.path_style, false);
  EXPECT_TRUE(s.fips && s.dual_stack && s.anonymous && s.requester_pays);
  EXPECT_EQ(s.part_bytes, 1U << 20);
  EXPECT_EQ(s.parts, 5U);
  EXPECT_EQ(s.stall_limit, Milliseconds(1'000));
  EXPECT_EQ(s.min_rate, 2U << 10);
  EXPECT_EQ(s.part_tries, 2U);
  EXPECT_EQ(s.retry_wait, Milliseconds(7));
}

TEST(S3Settings, TheSecondVariableCountsWhereTheFirstIsNotSet) {
  const auto config =
      Load({{"AWS_ENDPOINT_URL", "https://gate/s3"}, {"AWS_DEFAULT_REGION", "us-west-2"}});
  EXPECT_EQ(config->settings.s3.endpoint, "https://gate/s3");
  EXPECT_EQ(config->settings.s3.region, "us-west-2");
}

TEST(S3Settings, WhatIsNoUrlOrRegionIsNamedWithoutItsSecrets) {
  const auto wrong = [](const std::string& name, const std::string& value) {
    const auto config = Load({{name, value}});
    return config ? std::string() : config.error().ToString();
  };
  EXPECT_THAT(wrong("AWS_ENDPOINT_URL_S3", "minio:9000"), HasSubstr("expected an http:// or"));
  const std::string with_user = wrong("AWS_ENDPOINT_URL", "http://u:hunter2@minio");
  EXPECT_THAT(with_user, HasSubstr("AWS_ENDPOINT_URL"));
  EXPECT_THAT(with_user, testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(wrong("AWS_REGION", "evil.example/"), HasSubstr("expected a region"));
  EXPECT_THAT(wrong("REPROCESS_S3_PARTS", "0"), HasSubstr("from 1 to 64"));
}

}  // namespace
}  // namespace reprocess
