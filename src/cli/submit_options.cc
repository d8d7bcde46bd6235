#include "cli/submit_options.h"

#include <climits>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/values.h"

namespace reprocess {
namespace {

constexpr char kDefaultImage[] = "jitsucom/bulker-reprocessing-worker";

Result<Values> ReadFile(const std::string& path) {
  if (path.empty()) return Values{};
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Invalid("read --values: cannot open it", path);
  return ReadValues(text.str(), path);
}

Result<std::string> SelectorOf(const std::vector<std::string>& pairs) {
  nlohmann::ordered_json selector;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Expected(option::kNodeSelector.name, pair, "KEY=VALUE");
    }
    selector[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return selector.is_null() ? std::string() : selector.dump();
}

// As the admin service reads it: a JSON object.
Result<std::string> SelectorOf(const Environment& environment) {
  constexpr char kName[] = "KUBERNETES_NODE_SELECTOR";
  const auto text = environment(kName);
  if (!text) return std::string();
  TRY(Values read, ReadValues(fmt::format("{{\"nodeSelector\": {}\n}}", *text), kName));
  return std::move(read.node_selector);
}

void Prefer(std::string& value, const std::string& given) {
  if (!given.empty()) value = given;
}

}  // namespace

Result<Values> ValuesOf(const Given& given, const Environment& environment,
                        const std::string& version) {
  TRY(Values values, ReadFile(given.Text(option::kValues)));
  Prefer(values.image, given.Text(option::kImage));
  if (values.image.empty()) {
    values.image = environment("REPROCESSING_WORKER_IMAGE")
                       .value_or(fmt::format("{}:{}", kDefaultImage, version));
  }
  Prefer(values.service_account, given.Text(option::kServiceAccount));
  TRY(const std::string selector, SelectorOf(given.All(option::kNodeSelector)));
  Prefer(values.node_selector, selector);
  if (values.node_selector.empty()) {
    TRY(values.node_selector, SelectorOf(environment));
  }
  const std::string& most = given.Text(option::kParallelism);
  if (most.empty() && values.parallelism > 0) return values;
  constexpr char kVariable[] = "K8S_MAX_PARALLEL_WORKERS";
  TRY(const auto parallelism,
      most.empty() ? CountOf(kVariable, environment(kVariable).value_or(""), 1, INT_MAX, 0)
                   : CountOf(option::kParallelism.name, most, 1, INT_MAX, 0));
  values.parallelism = static_cast<int>(parallelism);
  return values;
}

}  // namespace reprocess
