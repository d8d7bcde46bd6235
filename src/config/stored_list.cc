#include "config/stored_list.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/requirements.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

// Between `least` and what list positions can be.
std::optional<int> CountAt(const Json& object, const char* key, int least) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto number = found->get<std::uint64_t>();
  if (number < static_cast<std::uint64_t>(least) || number > INT32_MAX) return std::nullopt;
  return static_cast<int>(number);
}

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<void> CheckRequired(const Json& required) {
  for (const Json& one : required) {
    const std::string name = one.is_string() ? one.get<std::string>() : one.dump();
    std::string refusal = RefusalOf(name);
    if (!refusal.empty()) {
      return Fatal(fmt::format("requires {}", name), {}, std::move(refusal), Code::kUnsupported);
    }
  }
  return {};
}

Result<std::optional<StoredList>> ListAt(const Json& object) {
  if (!object.is_object() || TextAt(object, "plan") != "database") return std::nullopt;
  const auto shards = CountAt(object, "shards", 1), files = CountAt(object, "total_files", 1);
  const auto begins_at = CountAt(object, "begins_at", 0);
  StoredList list{.list = TextAt(object, "list"), .sha256 = TextAt(object, "sha256")};
  if (!shards || !files || !begins_at || *begins_at >= *files || list.list.empty() ||
      list.sha256.size() != 64) {
    return Invalid("read the list's place in the database: it is not whole");
  }
  list.shards = *shards;
  list.total_files = *files;
  list.begins_at = *begins_at;
  return list;
}

}  // namespace

std::string ToText(const StoredList& list) {
  return Json{
      {"plan", "database"},          {"shards", list.shards}, {"total_files", list.total_files},
      {"begins_at", list.begins_at}, {"list", list.list},     {"sha256", list.sha256}}
      .dump();
}

Result<std::optional<StoredList>> ParseStoredList(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("files")) return ListAt(object);
  TRY(auto list, ListAt(object["files"]));
  if (list && object.contains("requires")) TRY_OK(CheckRequired(object["requires"]));
  return list;
}

}  // namespace reprocess
