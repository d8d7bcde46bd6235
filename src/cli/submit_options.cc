#include "cli/submit_options.h"

#include <climits>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/values.h"
#include "jobs/pod_values.h"

namespace reprocess {
namespace {

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

void Prefer(std::string& value, const std::string& given) {
  if (!given.empty()) value = given;
}

}  // namespace

Result<Values> ValuesOf(const Given& given, const Environment& environment,
                        const std::string& version) {
  TRY(Values values, ReadValuesFile(given.Text(option::kValues)));
  Prefer(values.image, given.Text(option::kImage));
  Prefer(values.service_account, given.Text(option::kServiceAccount));
  TRY(const std::string selector, SelectorOf(given.All(option::kNodeSelector)));
  Prefer(values.node_selector, selector);
  const std::string& most = given.Text(option::kParallelism);
  TRY(const auto parallelism, CountOf(option::kParallelism.name, most, 1, INT_MAX,
                                      static_cast<std::uint64_t>(values.parallelism)));
  values.parallelism = static_cast<int>(parallelism);
  return WithEnvironmentsValues(std::move(values), environment, version);
}

}  // namespace reprocess
