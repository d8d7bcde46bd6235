#include "config/requirements.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reprocess {

std::string WithRequirements(const std::vector<std::string_view>& required, std::string files) {
  if (required.empty()) return files;
  return fmt::format(R"({{"requires":["{}"],"files":{}}})", fmt::join(required, R"(",")"), files);
}

std::string RefusalOf(std::string_view name) {
  if (std::ranges::find(kKnownRequirements, name) != kKnownRequirements.end()) return {};
  return fmt::format(
      "expected only what this worker knows ({}): run it from the image of the `reprocess` that "
      "submitted the job, or a newer one",
      fmt::join(kKnownRequirements, ", "));
}

}  // namespace reprocess
