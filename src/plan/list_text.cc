#include "plan/list_text.h"

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "config/requirements.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = Utf8Sequence(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

Result<std::string> ListItemOf(const PlannedFile& file) {
  const FileItem& item = file.item;
  if (!IsUtf8(item.path) || !IsUtf8(KeyPathOf(item))) {
    return Invalid("write files.json: the path is no UTF-8", item.path,
                   "rename the file, or replay it with `reprocess run`");
  }
  Json json = {{"path", item.path}, {"size", item.size}};
  if (!file.last_modified.empty()) json["last_modified"] = file.last_modified;
  if (!item.version_id.empty()) json["version_id"] = *item.version_id;
  if (item.offset > 0) json["offset"] = item.offset;
  if (item.length) json["length"] = *item.length;
  if (!item.ranges.empty()) {
    Json& ranges = json["ranges"] = Json::array();
    for (const ByteRange& range : *item.ranges) {
      ranges.push_back(Json::array({range.first, range.length}));
    }
  }
  if (!item.line_set.all()) json["line_set"] = item.line_set.sha256();
  if (!item.etag.empty()) json["etag"] = *item.etag;
  if (!item.key_path.empty()) json["key_path"] = *item.key_path;
  return json.dump();
}

std::vector<std::string_view> RequirementsOf(const JobConfig& config, const PlannedFiles& files) {
  std::vector<std::string_view> required;
  if (!config.only_connections.empty()) required.push_back(requirement::kOnlyConnections);
  for (std::size_t at = 0; at < files.size(); ++at) {
    if (!files.HasLineSet(at)) continue;
    required.push_back(requirement::kLineSet);
    break;
  }
  return required;
}

Result<std::string> ListTextOf(const Plan& plan) {
  std::string text = "[";
  for (const PlannedFile& file : plan.files) {
    TRY(const std::string item, ListItemOf(file));
    text += (text.size() > 1 ? ",\n" : "") + item;
  }
  return text + "]";
}

}  // namespace reprocess
