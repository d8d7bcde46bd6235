// A job that was given to Kubernetes, as a document. Pure.
#pragma once

#include <string>
#include <vector>

#include "store/submissions.h"
#include "views/next_step.h"

namespace reprocess {

struct SubmissionView {
  std::string job_id, kubernetes_name, image;
  Submission submission;
  int total_workers = 0;
  bool grown = false;  // as many pods as wanted may run; else one, or none in a queue
  std::vector<std::string> warnings;
  std::vector<NextStep> next;
};

std::string SubmissionJson(const SubmissionView& view);

}  // namespace reprocess
