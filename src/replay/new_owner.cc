#include "replay/new_owner.h"

#include <array>
#include <random>

#include <fmt/format.h>
#include <unistd.h>

namespace reprocess {

Owner NewOwner() {
  std::random_device random;
  std::array<char, 65> host{};
  gethostname(host.data(), host.size() - 1);
  return {fmt::format("{:08x}{:08x}", random(), random()), host.data(), 0};
}

}  // namespace reprocess
