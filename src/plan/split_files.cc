#include "plan/split_files.h"

#include <algorithm>
#include <string>
#include <vector>

#include "decode/codec.h"

namespace reprocess {
namespace {

bool IsPlain(Storage& storage, const PlannedFile& file, const std::stop_token& stop) {
  const auto object = storage.Open(file.item, 0, {}, stop);
  if (!object) return false;
  const auto first = ReadMagic(*object->bytes);
  return first && FormatOf(*first) == Format::kPlain;
}

}  // namespace

PlannedFiles SplitFiles(Storage& storage, PlannedFiles files, int shards, std::uint64_t least,
                        const std::stop_token& stop) {
  const std::size_t found = files.size();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < found; ++i) total += files.SizeOf(i);
  const auto workers = static_cast<std::uint64_t>(shards);
  const std::uint64_t share = std::max({least, (total + workers - 1) / workers, std::uint64_t{1}});
  std::vector<std::size_t> parts;  // which of `files`, behind which cut ones are added
  parts.reserve(found);
  for (std::size_t at = 0; at < found; ++at) {
    parts.push_back(at);
    const std::uint64_t size = files.SizeOf(at);
    if (size <= share) continue;
    const PlannedFile file = files[at];
    if (IsPart(file.item) || !IsPlain(storage, file, stop)) continue;
    parts.pop_back();
    const std::uint64_t count = (size + share - 1) / share;
    for (std::uint64_t i = 0; i < count; ++i) {
      PlannedFile part = file;
      part.item.offset = size / count * i;
      part.item.etag = file.version_tag;
      part.item.length = i + 1 < count ? size / count : size - part.item.offset;
      parts.push_back(files.size());
      files.push_back(part);
    }
  }
  files.Pick(parts);
  return files;
}

}  // namespace reprocess
