#include "kube/json.h"

#include <nlohmann/json.hpp>

namespace reprocess {

const nlohmann::json& At(const nlohmann::json& root, std::initializer_list<std::string_view> path) {
  static const nlohmann::json kNull;
  const nlohmann::json* at = &root;
  for (const std::string_view key : path) {
    if (!at->is_object()) return kNull;
    const auto found = at->find(std::string(key));
    if (found == at->end()) return kNull;
    at = &*found;
  }
  return *at;
}

std::string TextAt(const nlohmann::json& root, std::initializer_list<std::string_view> path) {
  const nlohmann::json& value = At(root, path);
  return value.is_string() ? value.get<std::string>() : std::string();
}

int NumberAt(const nlohmann::json& root, std::initializer_list<std::string_view> path) {
  const nlohmann::json& value = At(root, path);
  return value.is_number_integer() ? value.get<int>() : 0;
}

}  // namespace reprocess
