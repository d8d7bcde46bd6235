#include "decode/gzipped.h"

#include <cstdint>
#include <vector>

#include <isa-l/igzip_lib.h>

namespace reprocess {

std::string Gzipped(std::string_view text) {
  std::vector<std::uint8_t> work(ISAL_DEF_LVL3_DEFAULT);
  isal_zstream stream;
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = 3;
  stream.level_buf = work.data();
  stream.level_buf_size = static_cast<std::uint32_t>(work.size());
  stream.end_of_stream = 1;
  stream.flush = NO_FLUSH;
  std::string member;
  std::vector<std::uint8_t> piece(64 << 10);
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  do {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<std::uint32_t>(piece.size());
    (void)isal_deflate(&stream);  // fails for bad settings alone
    member.append(reinterpret_cast<const char*>(piece.data()), piece.size() - stream.avail_out);
  } while (stream.internal_state.state != ZSTATE_END);
  return member;
}

std::optional<std::string> Gunzipped(std::string_view member, std::size_t most) {
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  std::string text(most, '\0');
  state.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(member.data()));
  state.avail_in = static_cast<std::uint32_t>(member.size());
  state.next_out = reinterpret_cast<std::uint8_t*>(text.data());
  state.avail_out = static_cast<std::uint32_t>(text.size());
  const bool whole = isal_inflate(&state) == ISAL_DECOMP_OK &&
                     state.block_state == ISAL_BLOCK_FINISH && state.avail_in == 0;
  if (!whole) return std::nullopt;
  text.erase(text.size() - state.avail_out);
  return text;
}

}  // namespace reprocess
