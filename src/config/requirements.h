// What a job uses that a worker of an earlier build does not know, and would misread. Its files.json is
// an object then, {"requires":["only_connections"],"files":…}, with the list, or its place in the
// database, as "files": who does not know this form takes it for no list, and ends before line 1.
//
//   names      keep their meaning for ever; a new one is added where a worker without it would send
//              other lines, or to others, than were planned
//   none       a job that uses none of it keeps the array of the contract, for any worker
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace reprocess {

namespace requirement {
inline constexpr std::string_view kOnlyConnections = "only_connections";
inline constexpr std::string_view kLineSet = "line_set";
}  // namespace requirement

inline constexpr std::array kKnownRequirements = {requirement::kOnlyConnections,
                                                  requirement::kLineSet};

// `files` (the text of files.json) as it is where nothing is required.
std::string WithRequirements(const std::vector<std::string_view>& required, std::string files);

// Why this build cannot do what `name` requires, and what helps; empty: it can.
std::string RefusalOf(std::string_view name);

}  // namespace reprocess
