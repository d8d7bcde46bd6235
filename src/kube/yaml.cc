// The one file that knows yaml-cpp.
#include "kube/yaml.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostValues = 100'000, kMostLevels = 64;

// A number as JSON has it, and YAML's core schema too; null where it is none.
Json NumberOf(const std::string& text) {
  const Json number = Json::parse(text, nullptr, false);
  if (number.is_number()) return number;
  return {};
}

Json Typed(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  Json number = NumberOf(text);
  return number.is_null() ? Json(text) : number;
}

bool IsNothing(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return true;
  if (!node.IsScalar() || node.Tag() == "!") return false;
  const std::string& text = node.Scalar();
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// As a JSON pointer has it.
std::string Escaped(const std::string& key) {
  std::string text;
  for (const char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

class Converter {
 public:
  Converter(YamlScalars scalars, YamlDocument& document) : scalars_(scalars), document_(document) {}

  // False where it is too much.
  bool Convert(const YAML::Node& node, const std::string& pointer, int level, Json& json) {
    if (++values_ > kMostValues || level > kMostLevels) return false;
    document_.lines[pointer] = node.Mark().line + 1;
    if (IsNothing(node)) return true;
    if (node.IsScalar()) {
      const bool quoted = node.Tag() == "!" || scalars_ == YamlScalars::kTexts;
      json = quoted ? Json(node.Scalar()) : Typed(node.Scalar());
      return true;
    }
    return node.IsSequence() ? ConvertList(node, pointer, level, json)
                             : ConvertMap(node, pointer, level, json);
  }

 private:
  bool ConvertList(const YAML::Node& node, const std::string& pointer, int level, Json& json) {
    json = Json::array();
    for (std::size_t i = 0; i < node.size(); ++i) {
      json.push_back(nullptr);
      if (!Convert(node[i], fmt::format("{}/{}", pointer, i), level + 1, json.back())) return false;
    }
    return true;
  }

  bool ConvertMap(const YAML::Node& node, const std::string& pointer, int level, Json& json) {
    json = Json::object();
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!Convert(entry.second, pointer + "/" + Escaped(key), level + 1, json[key])) return false;
    }
    return true;
  }

  YamlScalars scalars_;
  YamlDocument& document_;
  int values_ = 0;
};

void Emit(YAML::Emitter& out, const Json& json) {
  if (json.is_object() && !json.empty()) {
    out << YAML::BeginMap;
    for (const auto& [key, value] : json.items()) {
      out << YAML::Key << key << YAML::Value;
      Emit(out, value);
    }
    out << YAML::EndMap;
  } else if (json.is_array() && !json.empty()) {
    out << YAML::BeginSeq;
    for (const Json& item : json) Emit(out, item);
    out << YAML::EndSeq;
  } else if (json.is_string()) {
    out << YAML::DoubleQuoted << json.get<std::string>();
  } else {
    // Numbers, booleans, null and what is empty are written alike in both.
    out << YAML::Flow << YAML::Load(json.dump());
  }
}

}  // namespace

Result<YamlDocument> ReadYaml(std::string_view text, YamlScalars scalars, std::string_view doing,
                              std::string_view where) {
  try {
    YamlDocument document;
    Json json;
    if (!Converter(scalars, document).Convert(YAML::Load(std::string(text)), "", 0, json)) {
      return Invalid(
          fmt::format("{}: more than {} values or {} levels", doing, kMostValues, kMostLevels),
          std::string(where));
    }
    document.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    return document;
  } catch (const YAML::Exception& failure) {
    // Its words may quote the line, so the number has to do.
    return Invalid(fmt::format("{}: not YAML, line {}", doing, failure.mark.line + 1),
                   std::string(where));
  }
}

std::string YamlOf(std::string_view json) {
  YAML::Emitter out;
  Emit(out, Json::parse(json, nullptr, false));
  return fmt::format("---\n{}\n", out.c_str());
}

}  // namespace reprocess
