// What `reprocess verify` prints. Pure.
#pragma once

#include <string>

#include "verify/verify.h"

namespace reprocess {

std::string VerifyProgressText(const VerifyProgress& progress);
std::string VerifyText(const VerifyReport& report);

}  // namespace reprocess
