// What earlier builds left that the admin service trips over: index names, job rows it cannot read.
#pragma once

#include "base/result.h"
#include "store/session.h"

namespace reprocess {

// Mends it as far as the user may: nothing of ours rests on it. For writers; the tables are there.
Result<void> MendEarlier(Session& session);

}  // namespace reprocess
