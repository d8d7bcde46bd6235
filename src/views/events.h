// The events of a run while it goes on, a line each. But for the time, pure.
#pragma once

#include <string>

#include "base/result.h"
#include "views/progress.h"

namespace reprocess {

std::string WarningEvent(const std::string& warning);
std::string ErrorEvent(const Error& error);  // "error": {"what", "where", "hint"}
std::string ProgressEvent(const ProgressState& state);
std::string WaitingEvent(int shard, const std::string& why);  // empty: goes on
std::string ShardEndedEvent(int shard, const ShardReport& report);
std::string StoppingEvent();

}  // namespace reprocess
