// SHA-512 as FIPS 180-4 has it.
//
//   threads    any
#pragma once

#include <array>
#include <string_view>

namespace reprocess {

using Sha512Digest = std::array<unsigned char, 64>;

Sha512Digest Sha512(std::string_view text);

}  // namespace reprocess
