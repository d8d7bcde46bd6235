// The cluster's rows over one session.
#pragma once

#include <memory>

#include "store/cluster_store.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

std::unique_ptr<ClusterStore> MakeClusterStore(std::unique_ptr<Session> session, Schema schema);

}  // namespace reprocess
