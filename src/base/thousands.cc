#include "base/thousands.h"

#include <cstddef>

#include <fmt/format.h>

namespace reprocess {

std::string Thousands(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

}  // namespace reprocess
