// The Sink over files: DIR/<job>/<shard>.ndjson (the values, a line each) and <shard>.checkpoint.
//
//   exactly once   Commit: fsync the data, write a temporary checkpoint, fsync it, rename it, fsync
//                  the directory. Open cuts the data back to the length that the checkpoint names
//   checkpoint     the file holds "<data bytes> <checkpoint text>\n"
//   one owner      <shard>.ndjson is held by flock for the sink's life; held by another: kFenced
//   errors         kStop: full disk, missing rights, damaged or foreign files
//   threads        one at a time
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/sink.h"
#include "model/stores.h"

namespace reprocess {

Result<std::unique_ptr<Sink>> MakeFileSink(const std::string& directory, const ShardRef& shard);

// Begins the shard's file anew: stores `checkpoint` for an empty file, and empties it. kFenced
// while another process holds it.
Result<void> ResetFile(const std::string& directory, const ShardRef& shard,
                       std::string_view checkpoint);

// The sink of a dry run: it takes nothing, and remembers its checkpoint in memory.
std::unique_ptr<Sink> MakeNullSink();

}  // namespace reprocess
