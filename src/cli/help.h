// Help texts, the same on every version of the parsing library.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace reprocess {

// Of the program, or of one command.
std::string HelpText(const std::string& command);

}  // namespace reprocess
