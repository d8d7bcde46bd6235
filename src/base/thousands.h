#pragma once

#include <cstdint>
#include <string>

namespace reprocess {

std::string Thousands(std::uint64_t n);  // "1,234,567"

}  // namespace reprocess
