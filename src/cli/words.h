// For tests: a command line's words and an environment's variables.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/environment.h"
#include "cli/parse.h"

namespace reprocess {

// What its command is given; throws where the words are refused.
inline Given GivenBy(const std::vector<std::string>& words) {
  return Parse(words).value().given;
}

inline Environment Variables(std::map<std::string, std::string> values) {
  values.emplace("HOME", "/home/op");
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace reprocess
