// The document of what a verify has found. Pure.
#pragma once

#include <string>

#include "verify/verify.h"

namespace reprocess {

std::string VerifyJson(const VerifyReport& report);

}  // namespace reprocess
