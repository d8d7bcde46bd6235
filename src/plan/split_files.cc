#include "plan/split_files.h"

#include <algorithm>
#include <string>

#include "decode/codec.h"

namespace reprocess {
namespace {

bool IsPlain(Storage& storage, const FoundFile& file, const std::stop_token& stop) {
  const auto object = storage.Open(file.item, 0, {}, stop);
  if (!object) return false;
  const auto first = ReadMagic(*object->bytes);
  return first && FormatOf(*first) == Format::kPlain;
}

}  // namespace

std::vector<FoundFile> SplitFiles(Storage& storage, std::vector<FoundFile> files, int shards,
                                  std::uint64_t least, const std::stop_token& stop) {
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.item.size;
  const auto workers = static_cast<std::uint64_t>(shards);
  const std::uint64_t share = std::max({least, (total + workers - 1) / workers, std::uint64_t{1}});
  std::vector<FoundFile> parts;
  for (auto& file : files) {
    const std::uint64_t size = file.item.size;
    if (size <= share || IsPart(file.item) || !IsPlain(storage, file, stop)) {
      parts.push_back(std::move(file));
      continue;
    }
    const std::uint64_t count = (size + share - 1) / share;
    for (std::uint64_t i = 0; i < count; ++i) {
      FoundFile part = file;
      part.item.offset = size / count * i;
      part.item.etag = file.version_tag;
      part.item.length = i + 1 < count ? size / count : size - part.item.offset;
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

}  // namespace reprocess
