// The streamed reader of files.json takes the lists that reading it into a tree takes, item by
// item, and no byte of a file twice; a refusal names the file.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "config/normal_path.h"
#include "second_json.h"

using namespace reprocess;

namespace {

std::optional<std::uint64_t> WholeNumber(const json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (!value.is_number() || value < 0) return std::nullopt;
  const double number = value.get<double>();
  if (number > std::ldexp(1, 53) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

bool ReadWhole(const json& item, const char* key, std::optional<std::uint64_t>& number) {
  const json* value = Member(item, key);
  if (value == nullptr) return true;
  number = WholeNumber(*value);
  return number.has_value();
}

bool IsPath(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos) return false;
  if (!path.starts_with("s3://")) return true;
  const auto slash = path.find('/', 5);
  return slash != 5 && slash != std::string::npos && slash + 1 < path.size();
}

bool ReadRanges(const json& item, std::vector<ByteRange>& ranges) {
  const json* list = Member(item, "ranges");
  if (list == nullptr) return true;
  if (!list->is_array()) return false;
  for (const json& pair : *list) {
    if (!pair.is_array() || pair.size() != 2) return false;
    const auto first = WholeNumber(pair[0]), length = WholeNumber(pair[1]);
    if (!first || !length || *length == 0) return false;
    if (!ranges.empty() && *first < ranges.back().end()) return false;
    ranges.push_back({*first, *length});
  }
  return true;
}

bool ReadLineSet(const json& item, LineSet& set) {
  const json* hash = Member(item, "line_set");
  if (hash == nullptr) return true;
  if (!hash->is_string()) return false;
  const auto text = hash->get<std::string>();
  if (text.size() != 64) return false;
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return false;
  set = LineSet::Named(text);
  return true;
}

std::optional<FileItem> ReadItem(const json& from) {
  if (!from.is_object()) return std::nullopt;
  const auto path = TextOf(from, "path"), modified = TextOf(from, "last_modified"),
             version = TextOf(from, "version_id"), etag = TextOf(from, "etag");
  if (!path || !IsPath(*path) || !modified || !version || !etag) return std::nullopt;
  std::optional<std::uint64_t> size, offset, length;
  std::vector<ByteRange> ranges;
  LineSet line_set;
  if (!ReadWhole(from, "size", size) || !ReadWhole(from, "offset", offset) ||
      !ReadWhole(from, "length", length) || !ReadRanges(from, ranges) ||
      !ReadLineSet(from, line_set)) {
    return std::nullopt;
  }
  const bool in_pieces = !ranges.empty() || !line_set.all();
  if (in_pieces && (offset.value_or(0) > 0 || length)) return std::nullopt;
  return FileItem{.path = NormalPath(*path),
                  .size = size.value_or(0),
                  .version_id = *version,
                  .offset = offset.value_or(0),
                  .length = length,
                  .ranges = ranges,
                  .line_set = line_set,
                  .etag = *etag};
}

bool Share(const FileItem& a, const FileItem& b) {
  if (a.path != b.path || a.version_id != b.version_id) return false;
  for (const ByteRange& one : OwnedRanges(a)) {
    for (const ByteRange& other : OwnedRanges(b)) {
      if (std::max(one.first, other.first) < std::min(one.end(), other.end())) return true;
    }
  }
  return false;
}

std::optional<std::vector<FileItem>> ReadNaively(const json& root) {
  if (!root.is_array()) return std::nullopt;
  std::vector<FileItem> items;
  for (const json& from : root) {
    const auto item = ReadItem(from);
    if (!item) return std::nullopt;
    for (const FileItem& before : items) {
      if (Share(before, *item)) return std::nullopt;
    }
    items.push_back(*item);
  }
  return items;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> warnings;
  const auto items = ParseFileList(text, "files.json", warnings);
  if (!items && items.error().what.find("files.json") == std::string::npos) std::abort();
  if (text.starts_with("\x1f\x8b")) return 0;
  const Tree tree = TreeOf(text);
  if (tree.repeats_keys) return 0;
  std::optional<std::vector<FileItem>> naive;
  if (!tree.root.is_discarded()) naive = ReadNaively(tree.root);
  if (items.has_value() != naive.has_value()) std::abort();
  if (items && *items != *naive) std::abort();
  return 0;
}
