// Looks into JSON that somebody else wrote: what is absent or of another kind is as if it were empty.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace reprocess {

// Null where the path leads nowhere.
const nlohmann::json& At(const nlohmann::json& root, std::initializer_list<std::string_view> path);
std::string TextAt(const nlohmann::json& root, std::initializer_list<std::string_view> path);
int NumberAt(const nlohmann::json& root, std::initializer_list<std::string_view> path);

}  // namespace reprocess
