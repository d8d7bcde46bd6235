#include "model/line_set.h"

#include <algorithm>

#include "base/sha256.h"

namespace reprocess {

void LineBits::Add(std::uint64_t number) {
  const std::uint64_t at = (number - 1) / 8;
  if (at >= bytes_.size()) bytes_.resize(at + 1);
  bytes_[at] = static_cast<char>(static_cast<unsigned char>(bytes_[at]) | 1U << (number - 1) % 8);
}

LineSet::LineSet(LineBits bits) {
  std::string hash = Hex(Sha256(bits.bytes()));
  known_ = std::make_shared<const Known>(Known{std::move(hash), std::move(bits)});
}

LineSet LineSet::Named(std::string sha256) {
  LineSet set;
  set.known_ = std::make_shared<const Known>(Known{std::move(sha256), std::nullopt});
  return set;
}

}  // namespace reprocess
