// Stored errors as text: totals by reason with a sample, and single rows. Pure.
#pragma once

#include <string>
#include <vector>

#include "status/queries.h"

namespace reprocess {

// reason, lines, place of the first, sample; empty without errors.
std::string ReasonTable(const std::vector<StoredError>& totals);

std::string ErrorTable(const std::vector<StoredError>& rows);

}  // namespace reprocess
