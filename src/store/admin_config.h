// A job's configuration as the admin service's own struct can read it from the job's row: a value that
// the struct refuses would blank that service's whole list of jobs.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

// Drops what means nothing (empty texts and lists, null), writes whole numbers as integers and times
// as strict RFC 3339. What the worker would refuse is dropped too; keys that are not the admin's stay. `config` is a JSON
// object.
std::string FitForAdmin(std::string_view config);

}  // namespace reprocess
