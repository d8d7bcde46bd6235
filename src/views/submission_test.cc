#include "views/submission.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(SubmissionView, SaysWhereTheJobIsAndWhatToDoNext) {
  SubmissionView view{.job_id = "may-1",
                      .kubernetes_name = "reprocess-may-1",
                      .image = "i:1",
                      .submission = {.job_id = "may-1", .cluster = "c1", .name_space = "team"},
                      .total_workers = 3,
                      .grown = true,
                      .warnings = {"w"},
                      .next = {{"reprocess watch may-1", "shows it"}}};
  view.submission.job_uid = "u1";
  view.submission.plan_hash = "h";
  view.submission.submitted_by = "ann";
  view.submission.submitted_at = "2026-05-01T00:00:00Z";
  EXPECT_EQ(SubmissionJson(view), R"({
  "job": "may-1",
  "plan_hash": "h",
  "kubernetes_job": "reprocess-may-1",
  "job_uid": "u1",
  "namespace": "team",
  "cluster": "c1",
  "image": "i:1",
  "total_workers": 3,
  "parallelism": 1,
  "grown": true,
  "submitted_by": "ann",
  "submitted_at": "2026-05-01T00:00:00Z",
  "reason": null,
  "warnings": [
    "w"
  ],
  "next": [
    {
      "command": "reprocess watch may-1",
      "why": "shows it"
    }
  ]
}
)");
}

}  // namespace
}  // namespace reprocess
