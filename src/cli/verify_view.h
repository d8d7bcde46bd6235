// What `reprocess verify` prints. Pure.
#pragma once

#include <string>

#include "cli/console.h"
#include "verify/verify.h"

namespace reprocess {

std::string VerifyProgressText(const VerifyProgress& progress);
std::string VerifyText(const VerifyReport& report, const Screen& screen);

}  // namespace reprocess
