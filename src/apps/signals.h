// Signals as a stop token: the first SIGTERM or SIGINT asks to stop, the second ends the process
// with exit code 4, and so does `within` after the first, whatever hangs. SIGPIPE is ignored.
//
//   the end    as by kill -9: no row is written, nothing is given back; a commit under way is the
//              successor's to read
//   threads    two of its own, for as long as the process lives
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"

namespace reprocess {

// Call before any other thread is started: they inherit that these signals are not theirs. `say`
// is told why, before the process is ended by the time; it may hang as well.
std::stop_token StopOnSignals(Milliseconds within, std::function<void(const std::string&)> say);

}  // namespace reprocess
