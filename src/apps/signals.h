// How the process ends before its work is done.
//
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

// Ends the process with `code`; `say` is told why before, and has a second for it: it may hang as well.
[[noreturn]] void EndProcess(const std::function<void(const std::string&)>& say,
                             const std::string& why, int code);

// Call before any other thread is started: they inherit that these signals are not theirs. `say`
// is told why, before the process is ended by the time.
std::stop_token StopOnSignals(Milliseconds within, std::function<void(const std::string&)> say);

}  // namespace reprocess
