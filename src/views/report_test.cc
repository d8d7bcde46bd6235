#include "views/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

CompletionReport Some() {
  CompletionReport report;
  report.job.id = "may-1";
  report.counters.lines = 3;
  report.counters.success = 3;
  return report;
}

TEST(Report, SaysWhatVerifyFoundOrHowToFindOut) {
  CompletionReport report = Some();
  EXPECT_EQ(VerdictSentence(report), "not verified: reprocess verify may-1");
  report.standing.destination = {.kind = Destination::kFiles};
  EXPECT_THAT(VerdictSentence(report), HasSubstr("files are not verified"));
  report.verdict = {.verdict = "wrong", .at = "noon", .missing = 1'000};
  EXPECT_EQ(VerdictSentence(report), "NOT all there: 1,000 missing, 0 doubled, 0 altered (noon)");
  report.verdict = {.verdict = "all_there", .at = "noon", .sent = 3};
  EXPECT_EQ(VerdictSentence(report), "every sent line is there, each once: 3 (noon)");
  report.verdict->counts_only = true;
  EXPECT_THAT(VerdictSentence(report), Not(HasSubstr("each once")));
  report.verdict->verdict = "unverified";
  EXPECT_EQ(VerdictSentence(report), "could not be verified (noon)");
}

TEST(Report, ItsPageShowsMarkupAsText) {
  CompletionReport report = Some();
  StoredError error;
  error.path = "/in/<b>.ndjson";
  error.row.sample = "<script>alert(1)</script>\x1b[2J";
  report.reasons.push_back(error);
  report.job.error = "\"quoted\" & so on";
  const std::string page = CompletionPage(report, "0123abcd");
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;?[2J"));
  EXPECT_THAT(page, HasSubstr("/in/&lt;b&gt;.ndjson:"));
  EXPECT_THAT(page, HasSubstr("&quot;quoted&quot; &amp; so on"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("0123abcd"));
}

TEST(Report, ItsPageIsInTheColourOfTheVerdict) {
  CompletionReport report = Some();
  EXPECT_THAT(CompletionPage(report, ""), HasSubstr(R"(class="verdict open")"));
  report.verdict = {.verdict = "wrong"};
  EXPECT_THAT(CompletionPage(report, ""), HasSubstr(R"(class="verdict bad")"));
  report.verdict = {.verdict = "all_there"};
  EXPECT_THAT(CompletionPage(report, ""), HasSubstr(R"(class="verdict good")"));
}

}  // namespace
}  // namespace reprocess
