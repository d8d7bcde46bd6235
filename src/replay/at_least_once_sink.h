// At least once over a sink without transactions: the checkpoint lives in reprocessing_shards,
// stored once all records before it are acknowledged, and only while the row's owner and generation
// are ours. A kill between the two sends at most one commit interval again.
#pragma once

#include <memory>
#include <stop_token>

#include "model/sink.h"
#include "replay/replay.h"

namespace reprocess {

// `owner` is borrowed: its generation is read at each commit. `ports` and `task` too.
std::unique_ptr<Sink> MakeAtLeastOnceSink(std::unique_ptr<Sink> inner, const Ports& ports,
                                          const ShardTask& task, const Owner& owner);

}  // namespace reprocess
