// Who this process is to a shard: a random id and the host's name, not claimed yet.
#pragma once

#include "model/stores.h"

namespace reprocess {

Owner NewOwner();

}  // namespace reprocess
