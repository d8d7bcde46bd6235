// What a topic lacks of some files, as tables. Pure.
#pragma once

#include <string>

#include "cli/console.h"
#include "missing/missing_in_paths.h"

namespace reprocess {

std::string MissingText(const MissingInPaths& found, const Screen& screen);

std::string MissingProgressText(const MissingProgress& progress);

}  // namespace reprocess
