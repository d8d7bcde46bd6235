// Every environment variable that the programs read, stated once: config/ reads the environment
// along this table and tells known names by it, and a test holds README's tables to it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/variables.h"
#include "config/worker_config.h"

namespace reprocess {

struct Setting {
  std::string_view name;
  // README's sentence; empty where that of the row above speaks of this one too.
  std::string_view meaning = {};
  // What holds where it is not set; empty where that is the default that EnvironmentConfig has.
  std::string_view absent = {};
  // The bounds of a number, inclusive, in milliseconds, bytes or pieces; 0 and 0 where there are
  // none.
  std::uint64_t min = 0, max = 0;
  // Null where the reader of a row above takes this one too, and where aws/ reads it when it needs
  // an identity.
  void (*read)(const Variables&, const Setting&, EnvironmentConfig&) = nullptr;
  // The value in `config`, as one would write it.
  std::string (*shown)(const EnvironmentConfig&) = nullptr;
};

// In the order in which they are read: a row may rest on those above it.
std::span<const Setting> ServiceSettings();  // what a worker works on, and with whom
std::span<const Setting> ReplaySettings();   // how a replay behaves: REPROCESS_<NAME>

}  // namespace reprocess
