#include "jobs/pod_values.h"

#include <climits>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "config/problems.h"
#include "config/value_text.h"

namespace reprocess {
namespace {

constexpr char kDefaultImage[] = "jitsucom/bulker-reprocessing-worker";

// As the admin service reads it: a JSON object.
Result<std::string> SelectorOf(const Environment& environment) {
  constexpr char kName[] = "KUBERNETES_NODE_SELECTOR";
  const auto text = environment(kName);
  if (!text) return std::string();
  TRY(Values read, ReadValues(fmt::format("{{\"nodeSelector\": {}\n}}", *text), kName));
  return std::move(read.node_selector);
}

Result<int> ParallelismOf(const Environment& environment) {
  constexpr char kName[] = "K8S_MAX_PARALLEL_WORKERS";
  const std::string text = environment(kName).value_or("");
  if (text.empty()) return 0;
  const auto count = ParseWhole(text);
  if (count && *count > 0 && *count <= INT_MAX) return static_cast<int>(*count);
  return Invalid(fmt::format("read {}: expected a whole number from 1 to {}, got {}", kName,
                             INT_MAX, Quoted(text)));
}

}  // namespace

Result<Values> ReadValuesFile(const std::string& path) {
  if (path.empty()) return Values{};
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Invalid("read the values file: cannot open it", path);
  return ReadValues(text.str(), path);
}

Result<Values> WithEnvironmentsValues(Values values, const Environment& environment,
                                      const std::string& version) {
  if (values.image.empty()) {
    values.image = environment("REPROCESSING_WORKER_IMAGE")
                       .value_or(fmt::format("{}:{}", kDefaultImage, version));
  }
  if (values.node_selector.empty()) {
    TRY(values.node_selector, SelectorOf(environment));
  }
  if (values.parallelism == 0) {
    TRY(values.parallelism, ParallelismOf(environment));
  }
  return values;
}

}  // namespace reprocess
