// The queries over one session.
#pragma once

#include <memory>

#include "store/queries.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

std::unique_ptr<Queries> MakeQueries(std::unique_ptr<Session> session, Schema schema);

}  // namespace reprocess
