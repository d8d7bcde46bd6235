// What a plan is, in a hash: whoever confirms a plan names it, so that what is started is what was
// seen. It can be told again from the rows of the stored plan.
//
//   binds      the list in its order (path, size, version, part), the configuration, the destination,
//              how many share the list. Not the job's name, nor what became of its files
//   threads    any
#pragma once

#include <string>

#include "store/queries.h"

namespace reprocess {

// 64 hexadecimal digits.
std::string PlanHashOf(const Plan& plan);

// What two plans do not agree on: "workers (3, now 4), limit (unset, now 5)"; empty where the hashes
// are the same.
std::string PlanDifferences(const Plan& stored, const Plan& now);

}  // namespace reprocess
