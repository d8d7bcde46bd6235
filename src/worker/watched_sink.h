// A Sink whose commits are watched from a thread of their own: librdkafka may never come back from
// send_offsets_to_transaction, whatever time-out it is given (its issues 5456 and 5511), and a call
// that hangs cannot be abandoned.
//
//   waiting    from the third second of a commit on the observer is told what is waited for, until
//              the commit comes back
//   the end    a commit that lasts longer than `patience` is told to `hung`, once, with the text for
//              the log: it ends the process. The commit's outcome is the successor's to read
//   threads    as Sink; `hung` and the observer are called from the watching thread too
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "model/sink.h"
#include "replay/progress.h"

namespace reprocess {

// Borrows `observer`.
std::unique_ptr<Sink> MakeWatchedSink(std::unique_ptr<Sink> inner, ProgressObserver& observer,
                                      Milliseconds patience,
                                      std::function<void(const std::string&)> hung);

}  // namespace reprocess
