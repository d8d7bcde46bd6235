// What a topic lacks of some files, as a document. Pure.
#pragma once

#include <string>

#include "missing/missing_in_paths.h"

namespace reprocess {

std::string MissingJson(const MissingInPaths& found);

}  // namespace reprocess
