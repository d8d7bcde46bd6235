#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "base/edit_distance.h"
#include "config/load.h"

namespace reprocess {
namespace {

constexpr std::string_view kOurs = "REPROCESS_";
constexpr std::size_t kNear = 2;

// Names that the operator's service reads.
constexpr auto kOfTheService = std::to_array<std::string_view>(
    {"REPROCESS_LAUNCHER", "REPROCESS_VIEW_TOKENS", "REPROCESS_NO_AUTH", "REPROCESS_CORS_ORIGINS",
     "REPROCESS_ALLOWED_HOSTS", "REPROCESS_TRUSTED_PROXIES", "REPROCESS_METRICS_TOKEN",
     "REPROCESS_USER_HEADER", "REPROCESS_TLS_CERT", "REPROCESS_TLS_KEY", "REPROCESS_VALUES",
     "REPROCESS_STATE_DIR", "REPROCESS_LOG_FILE"});

// What Kubernetes sets in every pod beside a service whose name begins with "reprocess".
bool IsServiceLink(std::string_view name) {
  return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != name.npos ||
         name.ends_with("_PORT") || name.find("_PORT_") != name.npos;
}

std::set<std::string_view> KnownNames() {
  std::set<std::string_view> known(kOfTheService.begin(), kOfTheService.end());
  for (const auto& table : {ServiceSettings(), ReplaySettings()}) {
    for (const Setting& row : table) {
      if (row.name.starts_with(kOurs)) known.insert(row.name);
    }
  }
  return known;
}

}  // namespace

std::vector<std::string> ProcessVariableNames() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

void FindMisspelled(const std::vector<std::string>& names, Problems& problems) {
  const std::set<std::string_view> known = KnownNames();
  for (const auto& name : names) {
    if (!name.starts_with(kOurs) || known.contains(name) || IsServiceLink(name)) continue;
    const auto nearest = std::ranges::min_element(
        known, {}, [&](std::string_view one) { return EditDistance(name, one); });
    if (EditDistance(name, *nearest) > kNear) continue;
    problems.Add(name, {}, {}, fmt::format("nothing reads it: did you mean {}?", *nearest));
  }
}

Result<void> CheckVariableNames(const std::vector<std::string>& names) {
  Problems problems;
  FindMisspelled(names, problems);
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return {};
}

}  // namespace reprocess
