// Inflating in pieces of any size gives what zlib's inflate gives, member by member; where zlib
// finds the object cut, corrupt or followed by something else, so do we. Members made here pass
// through checksums that no mutation can guess.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <zlib.h>

#include "decode/object_for_tests.h"
#include "pieces.h"

using namespace reprocess;

namespace {

constexpr int kGzip = 16 + MAX_WBITS;

Bytef* BytesOf(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

std::string Member(std::string_view text, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzip, 1, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string member(deflateBound(&stream, text.size()), '\0');
  stream.next_in = BytesOf(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = BytesOf(member);
  stream.avail_out = static_cast<uInt>(member.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  member.resize(stream.total_out);
  deflateEnd(&stream);
  return member;
}

// One member off the front of `rest`; false when zlib refuses it or it does not end.
bool InflateMember(std::string_view& rest, std::string& text) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) std::abort();
  stream.next_in = BytesOf(rest);
  stream.avail_in = static_cast<uInt>(rest.size());
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    char out[4096];
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = sizeof out;
    outcome = inflate(&stream, Z_NO_FLUSH);
    text.append(out, sizeof out - stream.avail_out);
  }
  rest.remove_prefix(rest.size() - stream.avail_in);
  inflateEnd(&stream);
  return outcome == Z_STREAM_END;
}

Decoded InflateByZlib(std::string_view rest) {
  Decoded decoded;
  while (!rest.empty()) {
    if (!InflateMember(rest, decoded.text)) return decoded;
  }
  decoded.whole = true;
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < Recipe::kSize) return 0;
  const Recipe recipe({reinterpret_cast<const char*>(data), size});
  const std::string object = recipe.Damaged(recipe.Object(Member));
  InputWindow input(std::make_unique<FakeSource>(object, 0, recipe.piece), "", 0);
  const Decoded ours = DecodeAll(*MakeGzipDecoder(std::move(input), 0), recipe.room);
  if (!Agree(ours, InflateByZlib(object))) std::abort();
  return 0;
}
