#include "store/admin_config.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(AdminConfig, HoldsWhatTheAdminsStructCanRead) {
  const struct {
    const char *given, *fit;
  } kRows[] = {
      {R"({})", R"({})"},
      {R"({"date_from":"","date_to":null,"s3_path":"","stream_ids":[],"files":null})", R"({})"},
      {R"({"limit":10.0,"batch_size":1e3,"start_line":7,"retry_attempts":-1})",
       R"({"limit":10,"batch_size":1000,"start_line":7,"retry_attempts":-1})"},
      {R"({"limit":0.5,"batch_size":"5","start_line":9223372036854775808,"dry_run":"no"})",
       R"({})"},
      {R"({"limit":0,"dry_run":false})", R"({"limit":0,"dry_run":false})"},
      {R"({"stream_ids":["a"],"connection_ids":"c","files":[1]})", R"({"stream_ids":["a"]})"},
      {R"({"date_from":"2026-05-01T02:00:00+01:00","date_to":"2026-05-01"})",
       R"({"date_from":"2026-05-01T02:00:00+01:00"})"},
      {R"({"date_from":"2026-05-01T2:00:00Z","date_to":"2026-05-01T02:00:00,5Z"})",
       R"({"date_from":"2026-05-01T02:00:00.000000000Z","date_to":"2026-05-01T02:00:00.500000000Z"})"},
      {R"({"date_to":"2026-05-02T00:00:00.123456789+24:00"})",
       R"({"date_to":"2026-05-01T00:00:00.123456789Z"})"},
      {R"({"Limit":"x","DRY_RUN":1})", R"({})"},
      {R"({"delivery":"auto","lag_groups":[],"destination":{"kind":"none"},"retry_of":"j"})",
       R"({"delivery":"auto","lag_groups":[],"destination":{"kind":"none"},"retry_of":"j"})"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.given);
    EXPECT_EQ(FitForAdmin(row.given), row.fit);
  }
}

}  // namespace
}  // namespace reprocess
