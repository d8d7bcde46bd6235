#include "config/gunzip.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <isa-l.h>

namespace reprocess {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

}  // namespace

bool IsGzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

Result<std::string> Gunzip(std::string_view bytes, std::uint64_t max_bytes) {
  const auto refused = [](std::string_view why) { return Fatal(fmt::format("inflate: {}", why)); };
  if (bytes.size() > std::numeric_limits<std::uint32_t>::max()) return refused("too large");
  const auto state = std::make_unique<inflate_state>();
  std::vector<unsigned char> piece(kPieceBytes);
  std::string text;
  state->next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  state->avail_in = static_cast<std::uint32_t>(bytes.size());
  const auto rest = [&] { return bytes.substr(bytes.size() - state->avail_in); };
  do {
    if (!IsGzip(rest())) return refused("something that is not gzip follows");
    auto* const next = state->next_in;
    const auto available = state->avail_in;
    isal_inflate_init(state.get());
    state->crc_flag = ISAL_GZIP;
    state->next_in = next;
    state->avail_in = available;
    do {
      state->next_out = piece.data();
      state->avail_out = static_cast<std::uint32_t>(piece.size());
      if (isal_inflate(state.get()) != ISAL_DECOMP_OK) return refused("corrupt gzip");
      const std::size_t size = piece.size() - state->avail_out;
      if (size > max_bytes - text.size()) {
        return refused(fmt::format("more than {} bytes", max_bytes));
      }
      text.append(reinterpret_cast<const char*>(piece.data()), size);
      if (size == 0 && state->avail_in == 0 && state->block_state != ISAL_BLOCK_FINISH) {
        return refused("the gzip data is cut");
      }
    } while (state->block_state != ISAL_BLOCK_FINISH);
  } while (state->avail_in > 0);
  return text;
}

}  // namespace reprocess
