#include "cluster/values.h"

#include <algorithm>
#include <array>
#include <climits>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/edit_distance.h"
#include "cluster/names.h"
#include "kube/yaml.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

enum class Shape : std::uint8_t { kText, kCount, kTexts, kObject, kObjects };

struct Key {
  std::string_view name;
  Shape shape;
  std::string_view expected;
  std::string Values::* text = nullptr;  // kCount has the one number
};

constexpr std::string_view kText = "expected a text";
constexpr std::string_view kMap = "expected a mapping of texts (quote numbers and true)";
constexpr std::string_view kItems = "expected a list of mappings, as a pod has it";

constexpr auto kKeys = std::to_array<Key>({
    {"image", Shape::kText, kText, &Values::image},
    {"parallelism", Shape::kCount, "expected a whole number from 1"},
    {"serviceAccount", Shape::kText, kText, &Values::service_account},
    {"priorityClassName", Shape::kText, kText, &Values::priority_class},
    {"nodeSelector", Shape::kTexts, kMap, &Values::node_selector},
    {"tolerations", Shape::kObjects, kItems, &Values::tolerations},
    {"imagePullSecrets", Shape::kObjects, kItems, &Values::image_pull_secrets},
    {"labels", Shape::kTexts, kMap, &Values::labels},
    {"annotations", Shape::kTexts, kMap, &Values::annotations},
    {"env", Shape::kObjects, "expected a list of {name, value} or {name, valueFrom}", &Values::env},
    {"resources", Shape::kObject, "expected a mapping of limits and requests", &Values::resources},
    {"volumes", Shape::kObjects, kItems, &Values::volumes},
    {"volumeMounts", Shape::kObjects, kItems, &Values::volume_mounts},
    {"queue", Shape::kText, kText, &Values::queue},
    {"existingSecret", Shape::kText, kText, &Values::existing_secret},
});

// What a Job sets itself.
constexpr std::string_view kOwnVariables[] = {"JOB_ID", "WORKER_INDEX", "TOTAL_WORKERS",
                                              "JOB_COMPLETION_INDEX",
                                              "REPROCESS_FAILED_FILES_EXIT"};

// What would be readable in the submission and in the Job.
constexpr std::string_view kSecretVariables[] = {"DATABASE_URL",          "KAFKA_SASL",
                                                 "KAFKA_PROPERTIES",      "REPOSITORY_AUTH_TOKEN",
                                                 "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};

bool IsOneOf(std::span<const std::string_view> names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

bool HasShape(const Json& value, Shape shape) {
  const auto all = [&](auto is) { return std::ranges::all_of(value, is); };
  const auto text = [](const Json& item) { return item.is_string(); };
  switch (shape) {
    case Shape::kText:
      return value.is_string();
    case Shape::kCount:
      return value.is_number_integer() && value >= 1 && value <= INT_MAX;
    case Shape::kTexts:
      return value.is_object() && all(text);
    case Shape::kObject:
      return value.is_object();
    case Shape::kObjects:
      return value.is_array() && all([](const Json& item) { return item.is_object(); });
  }
  return false;
}

// The key that a misspelt one may have meant, in words; or empty.
std::string Meant(std::string_view name) {
  const auto* nearest = std::ranges::min_element(
      kKeys, {}, [&](const Key& key) { return EditDistance(key.name, name); });
  if (EditDistance(nearest->name, name) > 3) return {};
  return fmt::format("; is {} meant?", nearest->name);
}

class Reader {
 public:
  explicit Reader(const YamlDocument& document) : document_(document) {}

  Values Read() {
    Values values;
    const Json root = Json::parse(document_.json);
    if (root.is_null()) return values;
    if (!root.is_object()) {
      Add("", "expected a mapping");
      return values;
    }
    for (const auto& [name, value] : root.items()) Take(name, value, values);
    return values;
  }

  Result<void> Check(std::string_view where) const {
    if (problems_.empty()) return {};
    std::string what = fmt::format("check the values: {} problem{}", problems_.size(),
                                   problems_.size() == 1 ? "" : "s");
    for (const std::string& problem : problems_) what += "\n  " + problem;
    return Invalid(what, std::string(where));
  }

 private:
  void Take(const std::string& name, const Json& value, Values& values) {
    const auto* key = std::ranges::find(kKeys, name, &Key::name);
    if (key == kKeys.end()) return Add("/" + name, fmt::format("unknown key{}", Meant(name)));
    if (value.is_null()) return;
    if (!HasShape(value, key->shape)) return Add("/" + name, key->expected);
    if (key->shape == Shape::kCount) {
      values.parallelism = value.get<int>();
      return;
    }
    if (name == "env") CheckVariables(value);
    if (name == "labels") CheckLabels(value);
    values.*key->text = value.is_string() ? value.get<std::string>() : value.dump();
  }

  void CheckVariables(const Json& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string pointer = fmt::format("/env/{}", i);
      const Json& item = list[i];
      if (!item.contains("name") || !item["name"].is_string()) {
        Add(pointer, "expected {name, value} or {name, valueFrom}");
        continue;
      }
      const auto name = item["name"].get<std::string>();
      if (IsOneOf(kOwnVariables, name)) {
        Add(pointer, "the Job sets this variable itself");
      } else if (item.contains("value") && IsOneOf(kSecretVariables, name)) {
        Add(pointer,
            "a secret is not written here: give it by valueFrom.secretKeyRef, or in "
            "existingSecret");
      } else if (item.contains("value") && !item["value"].is_string()) {
        Add(pointer, "expected a text as value (quote numbers and true)");
      }
    }
  }

  void CheckLabels(const Json& labels) {
    for (const std::string_view own :
         {std::string_view("app"), std::string_view("job-id"), kQueueLabel}) {
      if (labels.contains(own)) {
        Add(fmt::format("/labels/{}", own == kQueueLabel ? "kueue.x-k8s.io~1queue-name" : own),
            own == kQueueLabel ? "expected in queue" : "the Job sets this label itself");
      }
    }
  }

  void Add(const std::string& pointer, std::string_view why) {
    const auto line = document_.lines.find(pointer);
    problems_.push_back(
        fmt::format("line {}: {}{}{}", line != document_.lines.end() ? line->second : 1,
                    pointer.empty() ? "" : pointer.substr(1), pointer.empty() ? "" : ": ", why));
  }

  const YamlDocument& document_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<Values> ReadValues(std::string_view text, std::string_view where) {
  TRY(const YamlDocument document, ReadYaml(text, YamlScalars::kTyped, "read the values", where));
  Reader reader(document);
  Values values = reader.Read();
  TRY_OK(reader.Check(where));
  return values;
}

std::string ValuesJson(const Values& values) {
  Json json = Json::object();
  for (const Key& key : kKeys) {
    const std::string name(key.name);
    if (key.shape == Shape::kCount) {
      if (values.parallelism > 0) json[name] = values.parallelism;
      continue;
    }
    const std::string& text = values.*key.text;
    if (text.empty()) continue;
    json[name] = key.shape == Shape::kText ? Json(text) : Json::parse(text, nullptr, false);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reprocess
