// A second reader of JSON for the targets: nlohmann's, into a tree.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace reprocess {

using nlohmann::json;

struct Tree {
  json root;                  // discarded when the text is no JSON
  bool repeats_keys = false;  // what the last one overwrote is gone from the tree
};

inline Tree TreeOf(std::string_view text) {
  Tree tree;
  std::vector<std::set<std::string>> open;
  const auto look = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key && !open.back().insert(value).second) {
      tree.repeats_keys = true;
    }
    return true;
  };
  // That reader takes a zero byte for the end.
  const bool has_zero = text.find('\0') != std::string_view::npos;
  tree.root = has_zero ? json(json::value_t::discarded) : json::parse(text, look, false);
  return tree;
}

// nullptr when it is absent or null.
inline const json* Member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// "" when it is absent or null; nullopt when it is no text.
inline std::optional<std::string> TextOf(const json& object, const char* key) {
  const json* value = Member(object, key);
  if (value == nullptr) return "";
  if (!value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

}  // namespace reprocess
