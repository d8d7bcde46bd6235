// Decompressing in pieces of any size gives what the library's one-shot call gives, over all frames
// of the object; where that finds the object cut, corrupt or followed by something else, so do we. What a
// compressor wrote is never refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <zstd.h>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < Recipe::kSize) return 0;
  const Recipe recipe({reinterpret_cast<const char*>(data), size});
  std::string object(recipe.text);
  if (recipe.made()) {
    const std::size_t half = recipe.text.size() / 2;
    object = Frame(recipe.text.substr(0, half), recipe.level()) +
             Frame(recipe.text.substr(half), recipe.level());
  }
  const std::string undamaged = object;
  object = recipe.Damaged(std::move(object));
  const bool whole = recipe.made() && object == undamaged;
  InputWindow input(std::make_unique<Pieces>(object, recipe.piece), "", 0);
  const Decoded ours = DecodeAll(*MakeZstdDecoder(std::move(input), 0), recipe.room);
  // What no compressor wrote may be refused for more than the one-shot call looks at (the window, the
  // age of a frame, blocks larger than blocks may be); never for less.
  if (!ours.whole && !whole) return 0;
  if (ours.text.size() > kMostText) return 0;
  static std::string out(kMostText, '\0');
  const std::size_t bytes = ZSTD_decompress(out.data(), out.size(), object.data(), object.size());
  if (ZSTD_isError(bytes) != (ours.whole ? 0U : 1U)) std::abort();
  if (ours.whole && ours.text != std::string_view(out).substr(0, bytes)) std::abort();
  return 0;
}
