// What there is to verify of a job, by its books alone.
#pragma once

#include <vector>

#include "base/result.h"
#include "jobs/verify.h"
#include "model/job_config.h"
#include "status/queries.h"

namespace reprocess {

struct JobToVerify {
  JobConfig config;
  KafkaSettings kafka;  // where its records are
  std::vector<FileRow> files;
  std::vector<OffsetSpan> spans;  // its shards' together; an end that is not known is INT64_MAX
  std::uint64_t sent = 0;
};

// kUnsupported, with the remedy, where there is nothing to hold against the topic: a shard that has
// not finished, a dry run, files as destination, no tables.
Result<JobToVerify> LoadJobToVerify(const VerifyRequest& request, Queries& queries);

// The smallest spans that hold those of all shards. A partition that a shard did not know yet when
// it began, it began with at 0.
std::vector<OffsetSpan> UnionOfSpans(const std::vector<ShardRow>& shards);

}  // namespace reprocess
