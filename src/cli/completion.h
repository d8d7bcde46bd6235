// Shell completion made from the same description as the help.
#pragma once

#include <string>

#include "base/result.h"

namespace reprocess {

// For "bash", "zsh" or "fish".
Result<std::string> CompletionScript(const std::string& shell);

}  // namespace reprocess
