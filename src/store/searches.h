// Rows of reprocessing_searches: what a search for missing lines has found out so far, so that one that
// was ended goes on. Nobody has to have the table: without it, and without the right to make it, such a
// search begins anew.
//
//   errors     as in model/stores.h
//   threads    one at a time
#pragma once

#include <string>

#include "base/result.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

// Empty: nothing is known of it.
Result<std::string> GetSearch(Session& session, const Schema& schema, const std::string& name);

// Forgets those of a week ago.
Result<void> PutSearch(Session& session, const Schema& schema, const std::string& name,
                       const std::string& state);

Result<void> DeleteSearch(Session& session, const Schema& schema, const std::string& name);

}  // namespace reprocess
