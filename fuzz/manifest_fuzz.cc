// Whatever lines a manifest has, each is a file, no file, or an error that says why; a file, written as
// NDJSON, reads as the same file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "plan/manifest_line.h"

using namespace reprocess;

namespace {

void CheckReadsAgain(const ManifestFile& file) {
  nlohmann::json json = {{"path", file.path},
                         {"version_id", file.version_id},
                         {"etag", file.etag},
                         {"last_modified", file.last_modified}};
  if (file.size) json["size"] = *file.size;
  const std::string line = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
  if (nlohmann::json::parse(line) != json) return;  // bytes that JSON cannot hold
  const auto again = ManifestLines().Read(line);
  if (!again || !*again) std::abort();
  ManifestFile wanted = file;
  wanted.storage_class.clear();
  wanted.delete_marker = false;
  if (**again != wanted) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ManifestLines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto file = lines.Read(text.substr(0, end));
    if (!file && file.error().what.empty()) std::abort();
    if (file && *file) CheckReadsAgain(**file);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
