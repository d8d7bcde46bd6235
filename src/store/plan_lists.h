// Rows of reprocessing_plans: a job's list in shares, for lists that are longer than what a pod can
// mount. A share comes in parts, so that no value is large; what is in them is plan/stored_list.h's.
//
//   errors     as in model/stores.h; kNotAuthorized, with the statements to run, where the table is
//              missing
//   threads    any; calls of one object are serialised inside
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

struct ListPart {
  int shard = 0, part = 0;  // each from 0 on, without a gap
  std::string items;        // text
  std::string sha256;       // of the whole share
};

class PlanLists {
 public:
  virtual ~PlanLists() = default;
  // In place of what the job has.
  virtual Result<void> Store(const std::string& job_id, std::span<const ListPart> parts) = 0;
  // By shard.
  virtual Result<std::vector<std::string>> Hashes(const std::string& job_id) = 0;
  // By part.
  virtual Result<std::vector<std::string>> Share(const std::string& job_id, int shard) = 0;
};

std::unique_ptr<PlanLists> MakePlanLists(std::unique_ptr<Session> session, Schema schema);

}  // namespace reprocess
