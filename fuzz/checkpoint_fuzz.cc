// Decode accepts exactly what Encode writes. The input is a checkpoint's text without its checksum,
// which is added here: behind a checksum that no mutation can guess there would be nothing to find.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/checkpoint.h"
#include "model/key.h"

using namespace reprocess;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  (void)Decode(body);
  const std::string text = body + " " + HashText(body);
  const Result<Checkpoint> decoded = Decode(text);
  if (!decoded) return 0;
  // The filler is no part of the value: a padded text is what Encode writes for its own length.
  if (Encode(*decoded) != text && Encode(*decoded, text.size()) != text) std::abort();
  return 0;
}
