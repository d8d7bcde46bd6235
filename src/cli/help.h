// Help texts, the same on every version of the parsing library.
#pragma once

#include <string>

#include "cli/command.h"

namespace reprocess {

// Of one command; nullptr: of the program.
std::string HelpText(const Command* command);

}  // namespace reprocess
