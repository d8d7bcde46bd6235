// Cuts big plain files into parts, so that every shard has work.
#pragma once

#include <cstdint>
#include <stop_token>

#include "base/result.h"
#include "model/storage.h"
#include "store/planned_files.h"

namespace reprocess {

// A plain file that is larger than a shard's share of all bytes becomes equal parts of at most that
// share; a share is at least `least` bytes. The parts stay side by side, in order, and are pinned
// to the version that was found, because parts of two versions would lose lines and double others.
// Compressed files (by their first bytes) and unreadable ones stay whole. Opens only files that are
// big enough.
PlannedFiles SplitFiles(Storage& storage, PlannedFiles files, int shards, std::uint64_t least,
                        const std::stop_token& stop);

}  // namespace reprocess
