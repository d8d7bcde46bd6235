#include "plan/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const StreamMap& Repository() {
  static const StreamMap streams = {{"src0001", "conn-a,conn-b"}, {"src0002", ""}};
  return streams;
}

Result<std::string> Check(std::vector<std::string> streams, std::vector<std::string> connections,
                          std::vector<std::string>& warnings,
                          const StreamMap* repository = &Repository()) {
  JobConfig config;
  config.stream_ids = std::move(streams);
  config.connection_ids = std::move(connections);
  return CheckFilters(config, repository, warnings);
}

TEST(CheckFilters, AConnectionThatTheRepositoryLacksIsAnErrorThatNamesTheNearest) {
  std::vector<std::string> warnings;
  const auto checked = Check({}, {"conn-a", "con-b"}, warnings);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, HasSubstr("no connection con-b"));
  EXPECT_EQ(checked.error().hint, "did you mean conn-b?");
  const auto far = Check({}, {"something else"}, warnings);
  ASSERT_FALSE(far);
  EXPECT_THAT(far.error().hint, HasSubstr("--repository-url"));
}

TEST(CheckFilters, AStreamThatItLacksMayBeASlugAndIsAWarning) {
  std::vector<std::string> warnings;
  const auto checked = Check({"src0002", "src001"}, {}, warnings);
  ASSERT_TRUE(checked) << checked.error().ToString();
  EXPECT_THAT(*checked, HasSubstr("src001"));
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("--stream src001"));
  EXPECT_THAT(warnings[0], HasSubstr("did you mean src0001?"));
}

TEST(CheckFilters, WhatIsKnownPassesAndWithoutARepositoryNothingIsSaidToBeChecked) {
  std::vector<std::string> warnings;
  EXPECT_THAT(*Check({"src0001"}, {"conn-b"}, warnings), HasSubstr("known"));
  EXPECT_THAT(*Check({"x"}, {"y"}, warnings, nullptr), HasSubstr("not checked"));
  EXPECT_THAT(*Check({}, {}, warnings), IsEmpty());
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(FiltersLetNothingPass, IsSaidOnlyWhereThereWereMessages) {
  Counters counters;
  counters[Reason::kBlank] = 3;
  EXPECT_THAT(FiltersLetNothingPass(counters), IsEmpty());
  counters[Reason::kStream] = 1'200;
  counters[Reason::kDate] = 7;
  EXPECT_THAT(FiltersLetNothingPass(counters), HasSubstr("1,200 of other streams, 7 outside"));
  counters[Reason::kConnection] = 3'000;
  EXPECT_THAT(FiltersLetNothingPass(counters), HasSubstr("dates, 3,000 of other connections were"));
  counters.success = 1;
  EXPECT_THAT(FiltersLetNothingPass(counters), IsEmpty());
}

}  // namespace
}  // namespace reprocess
