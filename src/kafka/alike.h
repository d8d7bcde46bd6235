// Which of a cluster's topics a mistyped or defaulted name may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reprocess::kafka {

// At most five names, the likeliest first: those that are a few letters away, and those that share
// a word. Internal topics ("__…") are never among them.
std::vector<std::string> TopicsAlike(std::string_view wanted, const std::vector<std::string>& all);

}  // namespace reprocess::kafka
