// Addresses and networks, as text.
#pragma once

#include <string>
#include <vector>

namespace reprocess {

bool IsAddress(const std::string& text);  // of IPv4 or IPv6

// Whether an address is one of these, or in one of these networks ("10.0.0.0/8").
bool IsIn(const std::string& address, const std::vector<std::string>& networks);

}  // namespace reprocess
