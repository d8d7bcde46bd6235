// Stored errors as text: totals by reason with a sample, and single rows. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "store/queries.h"

namespace reprocess {

// reason, lines, place of the first, and a sample below; empty without errors.
std::string ReasonTable(const std::vector<StoredError>& totals, const Screen& screen);

// Streams whose lines were not sent, and the way out; empty where there are none.
std::string StreamTable(const std::vector<ErrorGroup>& streams, const Screen& screen);

std::string ErrorTable(const std::vector<StoredError>& rows, const Screen& screen);

}  // namespace reprocess
