// The words of a command line, taken apart.
//
//   values     are kept as the text that was given; commands check and convert them
//   errors     unknown commands and options, missing values: with the nearest name as hint
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace reprocess {

struct Asked {
  enum class For : std::uint8_t { kHelp, kVersion, kCommand };
  For what = For::kHelp;
  const Command* command = nullptr;  // of help: nullptr is the program
  Given given{};
};

// `words`: without the program's name.
Result<Asked> Parse(const std::vector<std::string>& words);

}  // namespace reprocess
