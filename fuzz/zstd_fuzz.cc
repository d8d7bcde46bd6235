// Decompressing in pieces of any size gives what the library's one-shot call gives, over all frames
// of the object; where that finds the object cut, corrupt or followed by something else, so do we. What a
// compressor wrote is never refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <zstd.h>

#include "decode/object_for_tests.h"
#include "pieces.h"

using namespace reprocess;

namespace {

constexpr std::size_t kMostText = 1 << 20;

std::string Frame(std::string_view text, int level) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, level % 2);
  frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return frame;
}

std::uint32_t LittleEndian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return number;
}

// The object with its empty blocks called raw (RFC 8878, 3.1.1): what holds no byte is taken by the
// library's stream whatever it calls itself, and by its one-shot call only so.
std::string WithRawEmptyBlocks(std::string object) {
  constexpr std::size_t kMagic = 4, kBlockHeader = 3;
  std::size_t at = 0;
  const auto has = [&](std::size_t bytes) { return object.size() - at >= bytes; };
  while (has(kMagic + 4)) {
    const std::uint32_t magic = LittleEndian(object, at, kMagic);
    if ((magic & 0xFFFFFFF0U) == ZSTD_MAGIC_SKIPPABLE_START) {
      const std::size_t size = LittleEndian(object, at + kMagic, 4);
      at += kMagic + 4;
      if (!has(size)) break;
      at += size;
      continue;
    }
    if (magic != ZSTD_MAGICNUMBER) break;
    const auto how = static_cast<unsigned char>(object[at + kMagic]);
    const bool single_segment = (how & 32U) != 0, checksum = (how & 4U) != 0;
    const std::size_t dictionary = std::size_t{1} << (how & 3U) >> 1U;
    const std::size_t length =
        how >> 6U == 0 ? (single_segment ? 1 : 0) : std::size_t{1} << (how >> 6U);
    const std::size_t header = kMagic + 1 + (single_segment ? 0 : 1) + dictionary + length;
    if (!has(header)) break;
    at += header;
    for (bool last = false; !last;) {
      if (!has(kBlockHeader)) return object;
      const std::uint32_t block = LittleEndian(object, at, kBlockHeader);
      const std::uint32_t type = block >> 1U & 3U, size = block >> 3U;
      if (size == 0 && type == 2) object[at] = static_cast<char>(object[at] & 1);
      last = (block & 1U) != 0;
      at += kBlockHeader;
      const std::size_t body = type == 1 ? 1 : size;
      if (!has(body)) return object;
      at += body;
    }
    if (checksum && !has(4)) break;
    at += checksum ? 4 : 0;
  }
  return object;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < Recipe::kSize) return 0;
  const Recipe recipe({reinterpret_cast<const char*>(data), size});
  const std::string undamaged = recipe.Object(Frame), object = recipe.Damaged(undamaged);
  const bool whole = recipe.made() && object == undamaged;
  InputWindow input(std::make_unique<FakeSource>(object, 0, recipe.piece), "", 0);
  const Decoded ours = DecodeAll(*MakeZstdDecoder(std::move(input), 0), recipe.room);
  // What no compressor wrote may be refused for more than the one-shot call looks at (the window, the
  // age of a frame, blocks larger than blocks may be); never for less.
  if (!ours.whole && !whole) return 0;
  if (ours.text.size() > kMostText) return 0;
  static std::string out(kMostText, '\0');
  const std::string strict = WithRawEmptyBlocks(object);
  const std::size_t bytes = ZSTD_decompress(out.data(), out.size(), strict.data(), strict.size());
  if (ZSTD_isError(bytes) != (ours.whole ? 0U : 1U)) std::abort();
  if (ours.whole && ours.text != std::string_view(out).substr(0, bytes)) std::abort();
  return 0;
}
