#include "decode/prefix.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "decode/codec.h"
#include "model/prefix_hash.h"

namespace reprocess {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

std::unique_ptr<Decoder> DecoderOf(std::unique_ptr<ByteSource> source, std::string first) {
  const Format format = FormatOf(first);
  if (format == Format::kPlain) return MakePlainDecoder(std::move(source), std::move(first));
  InputWindow input(std::move(source), first, 0);
  return format == Format::kGzip ? MakeGzipDecoder(std::move(input), 0)
                                 : MakeZstdDecoder(std::move(input), 0);
}

}  // namespace

Result<Prefix> ReadPrefix(const LineReader::Opener& open, std::uint64_t bytes,
                          const std::stop_token& stop) {
  TRY(OpenedObject object, open(0));
  Prefix prefix;
  prefix.version_tag = std::move(object.version_tag);
  prefix.size = object.size;
  TRY(std::string first, ReadMagic(*object.bytes));
  const std::unique_ptr<Decoder> decoder = DecoderOf(std::move(object.bytes), std::move(first));
  PrefixHash hash;
  std::vector<char> piece(kPieceBytes);
  while (prefix.bytes < bytes) {
    if (stop.stop_requested()) {
      return Stopped("read the file's first bytes");
    }
    const std::size_t most = std::min<std::uint64_t>(bytes - prefix.bytes, piece.size());
    auto read = decoder->Read(std::span(piece).first(most));
    if (!read) {
      Error error = std::move(read).error();
      if (error.where.empty()) error.where = fmt::format("byte {}", prefix.bytes);
      return std::unexpected(std::move(error));
    }
    if (*read == 0) break;
    const std::string_view text(piece.data(), *read);
    hash.Add(text);
    if (const auto newline = text.rfind('\n'); newline != text.npos) {
      prefix.last_line = prefix.bytes + newline + 1;
    }
    prefix.bytes += text.size();
  }
  prefix.hash = hash.Value();
  if (prefix.bytes == bytes) {
    const auto behind = decoder->Read(std::span(piece).first(1));
    prefix.more = !behind || *behind > 0;  // what cannot be read is there all the same
  }
  return prefix;
}

}  // namespace reprocess
