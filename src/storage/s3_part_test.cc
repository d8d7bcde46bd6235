#include "storage/s3_part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/clock_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

// Remembers what is sent; the test answers.
class Wire final : public Transfers {
 public:
  Result<void> Start(const TransferRequest& request, TransferReceiver&) override {
    sent.push_back(request);
    return {};
  }
  void Cancel(TransferReceiver&) override {}
  void Drive(Milliseconds) override {}
  void Wake() override {}

  std::vector<TransferRequest> sent;
};

class S3PartTest : public testing::Test {
 protected:
  S3PartTest() {
    settings_.part_bytes = 10;
    settings_.part_tries = 3;
    client_ = std::make_unique<S3Client>(settings_, "us-east-1", nullptr, clock_);
    part_ = std::make_unique<S3Part>(*client_, object_, 0, BufferPool(S3Part::kRoom + 4));
    Start();
  }

  void Start() {
    clock_.now = std::max(clock_.now, part_->due());
    part_->Start(wire_, {});
  }
  std::string Asked() const { return std::string(Header("Range")); }
  std::string_view Header(std::string_view name) const {
    return HeaderOf(wire_.sent.back().headers, name);
  }
  bool Answer(const std::string& range, const std::string& etag = "\"e\"") {
    return part_->Answered(206, {{"content-range", range}, {"etag", etag}});
  }
  bool Give(std::string_view bytes) { return part_->Received({bytes.data(), bytes.size()}); }
  void Break() { part_->Ended(Error{.remedy = Remedy::kRetry, .what = "http get: reset"}); }
  void Refuse(int status, const std::string& code, std::vector<HttpHeader> headers = {}) {
    part_->Answered(status, headers);
    Give("<Error><Code>" + code + "</Code><Message>m</Message></Error>");
    part_->Ended(std::nullopt);
  }
  std::string Bytes() const {
    std::string bytes;
    for (std::size_t at = 0; at < part_->received(); ++at) {
      bytes += part_->PieceOf(at)->data()[S3Part::kRoom + at % part_->piece_bytes()];
    }
    return bytes;
  }

  HandClock clock_;
  S3Settings settings_;
  std::unique_ptr<S3Client> client_;
  S3Object object_{{"bucket", "k"}, "s3://bucket/k", {}, {}, {}};
  Wire wire_;
  std::unique_ptr<S3Part> part_;
};

using State = S3Part::State;

TEST_F(S3PartTest, TheFirstAnswerPinsTheVersionForAllThatFollow) {
  EXPECT_EQ(Asked(), "bytes=0-9");
  EXPECT_EQ(Header("If-Match"), "");
  ASSERT_TRUE(Answer("bytes 0-9/25"));
  Give("0123456789");
  part_->Ended(std::nullopt);
  EXPECT_EQ(part_->state(), State::kComplete);
  EXPECT_EQ(object_.size, 25u);
  S3Part next(*client_, object_, 20, BufferPool(S3Part::kRoom + 4));
  next.Start(wire_, {});
  EXPECT_EQ(Asked(), "bytes=20-24");
  EXPECT_EQ(Header("If-Match"), "\"e\"");
}

TEST_F(S3PartTest, TheRestIsAskedForAfterABreak) {
  Answer("bytes 0-9/25");
  Give("012");
  Break();
  EXPECT_EQ(part_->state(), State::kWaiting);
  EXPECT_GT(part_->due(), clock_.now);
  Start();
  EXPECT_EQ(Asked(), "bytes=3-9");
  Answer("bytes 3-9/25");
  Give("3456789");
  part_->Ended(std::nullopt);
  EXPECT_EQ(part_->state(), State::kComplete);
  EXPECT_EQ(Bytes(), "0123456789");
}

TEST_F(S3PartTest, ABodyThatEndsEarlyWithoutAnErrorIsNotTakenForWhole) {
  Answer("bytes 0-9/25");
  Give("012");
  part_->Ended(std::nullopt);
  EXPECT_EQ(part_->state(), State::kWaiting);
}

TEST_F(S3PartTest, TriesAreCountedSinceTheLastByte) {
  Answer("bytes 0-9/25");
  Give("0");
  Break();
  for (int byte = 1; byte < 6; ++byte) {
    Start();
    Break();
    Start();
    Answer("bytes " + std::to_string(byte) + "-9/25");
    Give("x");
    Break();
    ASSERT_EQ(part_->state(), State::kWaiting) << byte;
  }
  Start();
  Break();
  Start();
  Break();
  ASSERT_EQ(part_->state(), State::kFailed);
  EXPECT_EQ(part_->error().what, "read: http get: reset (3 tries)");
  EXPECT_EQ(part_->error().where, "s3://bucket/k");
  EXPECT_EQ(part_->error().remedy, Remedy::kRetry);
  EXPECT_EQ(Bytes(), "0xxxxx");
}

TEST_F(S3PartTest, AnotherRangeSizeOrVersionIsRefused) {
  for (const std::string range : {"bytes 1-9/25", "bytes 0-8/25", "bytes 0-10/25", "bytes 0-9/*",
                                  "0-9/25", "", "bytes 0-9/25x", "bytes 0-9/0"}) {
    S3Object object = object_;
    S3Part part(*client_, object, 0, BufferPool(S3Part::kRoom + 4));
    part.Start(wire_, {});
    EXPECT_FALSE(part.Answered(206, {{"content-range", range}, {"etag", "\"e\""}})) << range;
    part.Ended(Error{.what = "broken off"});
    EXPECT_EQ(part.state(), State::kWaiting) << range;
    EXPECT_FALSE(object.size) << range;
  }
  EXPECT_FALSE(Answer("bytes 0-9/25", "")) << "nothing to pin by";
}

TEST_F(S3PartTest, AnotherVersionInTheMiddleIsFinal) {
  Answer("bytes 0-9/25");
  Give("012");
  Break();
  Start();
  EXPECT_FALSE(Answer("bytes 3-9/25", "\"other\""));
  part_->Ended(Error{.what = "broken off"});
  ASSERT_EQ(part_->state(), State::kFailed);
  EXPECT_EQ(part_->error().code, Code::kChanged);
}

TEST_F(S3PartTest, MoreBytesThanAskedForAreNotTaken) {
  Answer("bytes 0-9/25");
  EXPECT_FALSE(Give("0123456789A"));
  part_->Ended(Error{.what = "broken off"});
  EXPECT_EQ(part_->state(), State::kWaiting);
  EXPECT_EQ(Bytes(), "");
}

TEST_F(S3PartTest, AWholeObjectInAnswerToARangeIsRefusedAndAnEmptyOneIsNothing) {
  EXPECT_FALSE(part_->Answered(200, {{"content-length", "25"}}));
  part_->Ended(Error{.what = "broken off"});
  EXPECT_EQ(part_->state(), State::kWaiting);
  Start();
  EXPECT_TRUE(part_->Answered(200, {{"content-length", "0"}}));
  part_->Ended(std::nullopt);
  EXPECT_EQ(part_->state(), State::kNothingThere);
}

TEST_F(S3PartTest, RefusalsWaitAsLongAsTheServiceAsks) {
  Refuse(503, "SlowDown", {{"retry-after", "7"}});
  EXPECT_EQ(part_->state(), State::kWaiting);
  EXPECT_GE(part_->due() - clock_.now, std::chrono::seconds(7));
}

TEST_F(S3PartTest, WhatTheServiceDecidedIsFinal) {
  Refuse(403, "AccessDenied");
  ASSERT_EQ(part_->state(), State::kFailed);
  EXPECT_EQ(part_->error().what, "read: HTTP 403 AccessDenied: m");
  EXPECT_EQ(part_->error().code, Code::kNotAuthorized);
}

TEST_F(S3PartTest, AnotherRegionIsGoneToAtOnce) {
  Refuse(301, "PermanentRedirect", {{"x-amz-bucket-region", "eu-west-1"}});
  ASSERT_EQ(part_->state(), State::kWaiting);
  EXPECT_EQ(part_->due(), clock_.now);
  Start();
  EXPECT_THAT(wire_.sent.back().url, HasSubstr("//bucket.s3.eu-west-1.amazonaws.com/"));
  Refuse(301, "PermanentRedirect", {{"x-amz-bucket-region", "eu-west-1"}});
  EXPECT_EQ(part_->state(), State::kFailed) << "it says what it said before";
}

TEST_F(S3PartTest, AVersionThatWasAskedForIsPartOfEachRequest) {
  object_.version_id = "v 1";
  Break();
  Start();
  EXPECT_THAT(wire_.sent.back().url, HasSubstr("?versionId=v%201"));
}

}  // namespace
}  // namespace reprocess
