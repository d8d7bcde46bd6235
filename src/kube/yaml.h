// YAML as JSON, and back: the one door to yaml-cpp.
//
//   scalars    what is quoted is a text; of the others those that YAML 1.2's core schema takes for
//              null, booleans and numbers are those in kTyped, and texts in kTexts (but for null)
//   bounds     aliases are written out; more than 100,000 values or 64 levels are refused
//   errors     kInvalid, with the line, and without the line's text: it may be a secret
//   threads    any
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

enum class YamlScalars : std::uint8_t { kTexts, kTyped };

struct YamlDocument {
  std::string json;                  // of the first document; "null" where there is none
  std::map<std::string, int> lines;  // from 1, by JSON pointer: "/tolerations/0/key"
};

// `where` names the text in messages, `doing` what it is read for: "read the kubeconfig".
Result<YamlDocument> ReadYaml(std::string_view text, YamlScalars scalars, std::string_view doing,
                              std::string_view where);

// A JSON text as a document, "---" and a line break in front; keys in their order.
std::string YamlOf(std::string_view json);

}  // namespace reprocess
