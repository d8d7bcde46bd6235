#include "model/failure_kind.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(AFailureForGood, IsKnownByTheTextThatItMakes) {
  for (const FailureKind kind :
       {FailureKind::kFingerprint, FailureKind::kMaxErrors, FailureKind::kConfiguration}) {
    EXPECT_EQ(FailureKindIn(FailureText(kind, "why")), kind);
  }
  EXPECT_EQ(FailureText(FailureKind::kMaxErrors, "why"), "failed for good (max_errors): why");
  EXPECT_EQ(FailureText(std::nullopt, "why"), "why");
  EXPECT_EQ(FailureKindIn("why"), std::nullopt);
}

TEST(AFailureForGood, IsWhatNoOtherStartMends) {
  const auto kind = [](const auto& unexpected) { return FailureKindOf(unexpected.error()); };
  EXPECT_EQ(kind(Invalid("check configuration: 3 problems")), FailureKind::kConfiguration);
  EXPECT_EQ(kind(Fatal("begun with others", {}, {}, Code::kConflict)), FailureKind::kFingerprint);
  EXPECT_EQ(kind(Fatal("disk full")), std::nullopt);
  EXPECT_EQ(kind(Stopped("claim the shard")), std::nullopt);
  EXPECT_EQ(FailureKindOf({.remedy = Remedy::kFenced, .code = Code::kConflict}), std::nullopt);
}

}  // namespace
}  // namespace reprocess
