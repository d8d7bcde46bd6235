#include "decode/codec.h"

#include <span>
#include <utility>

namespace reprocess {
namespace {

constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";
constexpr std::string_view kSkippableTail = "\x2A\x4D\x18";  // after a byte 0x50 to 0x5F

bool IsSkippableFrame(std::string_view first) {
  return first.size() >= kMagicSize && (first[0] & 0xF0) == 0x50 &&
         first.substr(1, kSkippableTail.size()) == kSkippableTail;
}

}  // namespace

Format FormatOf(std::string_view first) {
  if (first.empty()) return Format::kPlain;
  if (first.starts_with(kGzipMagic) || first == kGzipMagic.substr(0, 1)) return Format::kGzip;
  // A lone 0x28 is "(": a line, if a bad one.
  if (first.size() > 1 && kZstdMagic.starts_with(first.substr(0, kMagicSize))) return Format::kZstd;
  if (IsSkippableFrame(first)) return Format::kZstd;
  return Format::kPlain;
}

Result<std::string> ReadMagic(ByteSource& source) {
  std::string first(kMagicSize, '\0');
  std::size_t filled = 0;
  while (filled < first.size()) {
    TRY(const std::size_t bytes, source.Read(std::span(first).subspan(filled)));
    if (bytes == 0) break;
    filled += bytes;
  }
  first.resize(filled);
  return first;
}

std::unexpected<Error> Undecodable(std::string what, std::string hint) {
  return FileError(std::move(what), {}, std::move(hint));
}

}  // namespace reprocess
