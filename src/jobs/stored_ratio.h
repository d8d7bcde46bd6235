// How far compressed files inflate, from a sample: the progress display knows where a shard is in
// decompressed bytes, and how much work is left in stored ones.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string_view>
#include <vector>

#include "model/job_config.h"
#include "model/storage.h"

namespace reprocess {

// Decompressed bytes a stored byte, from the first MiBs of the largest file whose name says that it
// is compressed. A guess of 8 where that cannot be read, 1 where there is none.
double SampleStoredRatio(Storage& storage, const std::vector<FileItem>& files,
                         const std::stop_token& stop);

// By its name; and how far such a file inflates where nothing is known.
bool LooksCompressed(std::string_view path);
inline constexpr double kGuessedRatio = 8;

// Stored bytes up to decompressed byte `byte` of a file: an estimate for compressed ones.
std::uint64_t StoredBytesAt(const FileItem& file, std::uint64_t byte, double ratio);

}  // namespace reprocess
