// A job's list in its database, in shares, of which a worker reads one.
//
//   share      items of files.json, gzipped: item k of shard i is list position i + k N
//   hashes     a share's is SHA-256 of its stored bytes; files.json has that of all shares' hashes, so
//              a worker knows that its share is the one that was planned, and all of them one list
//   checks     of the whole list (start_file, files listed twice) are the planner's
//   errors     of ReadShare: kConflict where the rows are not what files.json says
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/stored_list.h"
#include "model/job_config.h"
#include "store/plan_lists.h"
#include "store/queries.h"

namespace reprocess {

// Stores the plan's list, in place of one that was there. `start_file` as the list has it; or empty.
Result<StoredList> StoreList(const Plan& plan, const std::string& start_file, PlanLists& lists);

// What worker `index` has to do.
Result<Assignment> ReadShare(const std::string& job_id, int index, const StoredList& list,
                             const JobConfig& config, PlanLists& lists);

}  // namespace reprocess
