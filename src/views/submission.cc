#include "views/submission.h"

#include "views/json.h"

namespace reprocess {

std::string SubmissionJson(const SubmissionView& view) {
  const Submission& row = view.submission;
  return ToDocument({{"job", view.job_id},
                     {"plan_hash", row.plan_hash},
                     {"kubernetes_job", view.kubernetes_name},
                     {"job_uid", row.job_uid},
                     {"namespace", row.name_space},
                     {"cluster", row.cluster},
                     {"image", view.image},
                     {"total_workers", view.total_workers},
                     {"parallelism", row.parallelism},
                     {"grown", view.grown},
                     {"submitted_by", row.submitted_by},
                     {"submitted_at", row.submitted_at},
                     {"reason", OrNull(row.reason)},
                     {"warnings", view.warnings},
                     {"next", ToJson(view.next)}});
}

}  // namespace reprocess
