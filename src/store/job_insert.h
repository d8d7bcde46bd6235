// The job row that a worker or a plan makes: marked as ours.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/session.h"

namespace reprocess {

// kPlanned: pending, and not ended by its workers.
enum class NewJob : std::uint8_t { kRunning, kPlanned };

// How many rows were made: none where there is one of this id.
Result<std::uint64_t> InsertJob(Session& session, const std::string& id, const std::string& config,
                                std::uint64_t files, int workers, NewJob job);

}  // namespace reprocess
