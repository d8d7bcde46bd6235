// What the process of a job that runs here wrote (jobs/launch_here.h): lines of the log in JSON, as
// reprocess writes them with LOG_FORMAT=json, and what else a program may print.
//
//   worker     the line's shard; 0 where it says none
//   order      as they were written
//   errors     kNotFound: there is no such file
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cluster/job_logs.h"

namespace reprocess {

// "info claimed generation=3", with the time that the line says, else `before`'s.
JobLogLine LineOfProcess(std::string_view text, const PreciseTime& before);

// Of PATH.1 and PATH. `over`: asked once all is read, whether nothing more comes; where it says no,
// what is written is told as it comes, also when the file is begun anew.
Result<void> ReadProcessLogs(const std::string& path, const LogsRequest& request,
                             LogsListener& listener, const std::function<bool()>& over,
                             Clock& clock, const std::stop_token& stop);

// Removes what a job that ran here has left in that folder, log and lock, where nothing was written into
// its log for 30 days and it has no mark of being looked after.
void RemoveOldLogs(const std::string& folder, WallTime now);

// What the last line that is an error says: kWait where something was away. nullopt: there is none.
std::optional<Error> LastErrorIn(const std::string& path);

}  // namespace reprocess
