// A stage of the pipeline: pulls batches from the stage before it, does one thing, passes them on.
//
//   read → filter → ledger → deliver
//
//   errors     what stops the whole pipeline: a database that stays away, a newer owner, the stop
//              token. A file that cannot be read is no error here but a Batch whose `end` says so
//   threads    one at a time, except Threaded (threaded.h), which runs the stage behind it ahead on
//              a thread of its own
#pragma once

#include <variant>

#include "base/clock.h"
#include "base/pipe.h"
#include "base/result.h"
#include "model/batch.h"

namespace reprocess {

using Pulled = std::variant<Batch, PipeTimeout, PipeEnd>;

class Stage {
 public:
  virtual ~Stage() = default;
  // The next batch in list order, PipeEnd after the last one. Only a Threaded stage knows time:
  // PipeTimeout at `deadline`; every other one works until it has something.
  virtual Result<Pulled> Next(SteadyTime deadline) = 0;
};

}  // namespace reprocess
