// The environment as a look-up, so that tests bring their own.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace reprocess {

// Looks up one variable; an empty one counts as absent. It must live as long as it is used.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

}  // namespace reprocess
