// What there is to verify of a job, by its books alone.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/job_config.h"
#include "store/queries.h"
#include "verify/verify.h"

namespace reprocess {

struct JobToVerify {
  JobConfig config;
  KafkaSettings kafka;  // where its records are
  std::vector<FileRow> files;
  std::vector<OffsetSpan> spans;  // its shards' together; an end that is not known is INT64_MAX
  std::uint64_t sent = 0;
  std::vector<Doubt> doubts;  // where the books contradict themselves
};

// kUnsupported, with the remedy, where there is nothing to hold against the topic: a shard that has
// not finished, a dry run, files as destination, no tables.
Result<JobToVerify> LoadJobToVerify(const VerifyRequest& request, Queries& queries,
                                    const std::function<void(const VerifyProgress&)>& progress,
                                    const std::stop_token& stop);

// Files, by list position, that own the same bytes of one path.
std::vector<Doubt> SharedBytes(const std::vector<FileRow>& files);

// What the rows of files lack of what the shards' checkpoints, by index, have counted in a job of
// `total` workers.
std::vector<Doubt> LostRows(const std::vector<FileRow>& files,
                            const std::vector<Checkpoint>& shards, int total);

// The smallest spans that hold those of all shards. A partition that a shard did not know yet when
// it began, it began with at 0.
std::vector<OffsetSpan> UnionOfSpans(const std::vector<ShardRow>& shards);

}  // namespace reprocess
