// Stored objects made in memory, and what a LineReader makes of them. For tests.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "decode/line_reader.h"

namespace reprocess {

// One gzip member, level 0 to 3.
inline std::string GzipMember(std::string_view text, int level = 1) {
  std::vector<std::uint8_t> work(ISAL_DEF_LVL3_DEFAULT);
  std::string out(text.size() + text.size() / 8 + 1024, '\0');
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = static_cast<std::uint32_t>(level);
  stream.level_buf = work.data();
  stream.level_buf_size = static_cast<std::uint32_t>(work.size());
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  stream.end_of_stream = 1;
  if (isal_deflate_stateless(&stream) != COMP_OK) std::abort();
  out.resize(stream.total_out);
  return out;
}

// One zstd frame with a checksum.
inline std::string ZstdFrame(std::string_view text, int level = 3) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                        ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size()));
  return out;
}

inline std::string SkippableFrame(std::string_view content) {
  std::string frame("\x5A\x2A\x4D\x18", 4);
  for (int i = 0; i < 4; ++i) frame += static_cast<char>(content.size() >> (8 * i) & 0xFF);
  return frame.append(content);
}

// Hands out `bytes` from `offset`, at most `chunk` a call, and fails at byte `fail_at`. Gives them
// away behind `room` bytes, if that is set.
class FakeSource final : public ByteSource {
 public:
  FakeSource(std::string_view bytes, std::size_t offset, std::size_t chunk,
             std::size_t fail_at = SIZE_MAX, std::optional<std::size_t> room = std::nullopt)
      : bytes_(bytes), offset_(offset), chunk_(chunk), fail_at_(fail_at), room_(room) {}
  Result<std::size_t> Read(std::span<char> out) override {
    if (offset_ >= fail_at_) {
      return std::unexpected(Error{.remedy = Remedy::kRetry,
                                   .what = "read: connection reset",
                                   .hint = "wait",
                                   .code = Code::kTimedOut});
    }
    const std::size_t most = std::min({out.size(), chunk_, fail_at_ - offset_});
    const std::size_t bytes = bytes_.substr(offset_).copy(out.data(), most);
    offset_ += bytes;
    return bytes;
  }
  Result<Chunk> Take(std::size_t room) override {
    const std::size_t most = offset_ >= fail_at_ ? 0 : std::min(chunk_, fail_at_ - offset_);
    const std::string_view bytes = bytes_.substr(offset_, most);
    if (bytes.empty() || !room_ || *room_ < room) return Chunk{};
    offset_ += bytes.size();
    auto buffer = std::make_shared<Buffer>(*room_ + bytes.size());
    bytes.copy(buffer->data() + *room_, bytes.size());
    return Chunk{std::move(buffer), *room_, *room_ + bytes.size()};
  }

 private:
  std::string_view bytes_;
  std::size_t offset_, chunk_, fail_at_;
  std::optional<std::size_t> room_;
};

struct FakeObject {
  std::string bytes;
  std::size_t chunk = SIZE_MAX;
  std::size_t fail_at = SIZE_MAX;
  std::optional<std::size_t> room{};

  LineReader::Opener Opener() const {
    return [this](std::uint64_t offset) -> Result<OpenedObject> {
      return OpenedObject{std::make_unique<FakeSource>(bytes, static_cast<std::size_t>(offset),
                                                       chunk, fail_at, room),
                          "version", bytes.size()};
    };
  }
};

struct ReadLine {
  std::string text;
  std::uint64_t first_byte, end_byte, number;
  bool oversized;
  bool operator==(const ReadLine&) const = default;
};
inline void PrintTo(const ReadLine& line, std::ostream* out) {
  *out << line.number << " [" << line.first_byte << ", " << line.end_byte << ") "
       << (line.oversized ? "oversized " : "") << '"' << line.text << '"';
}

struct ReadFile {
  std::vector<ReadLine> lines;
  std::vector<FilePlace> places;  // after each batch with lines
  std::size_t largest_buffer = 0;
  std::optional<Error> error;
};

// Reads from `start` to the end or an error.
inline ReadFile ReadLines(const LineReader::Opener& opener, LineReader::Limits limits = {},
                          FilePlace start = {}) {
  ReadFile file;
  auto reader = LineReader::Open(opener, start, limits);
  if (!reader) {
    file.error = reader.error();
    return file;
  }
  for (;;) {
    Result<Batch> batch = (*reader)->Next();
    if (!batch) {
      file.error = batch.error();
      return file;
    }
    if (batch->lines.empty()) return file;
    for (const Line& line : batch->lines) {
      file.lines.push_back({std::string(line.text, line.size), line.first_byte, line.end_byte,
                            line.number, line.oversized});
    }
    file.places.push_back(batch->after);
    file.largest_buffer = std::max(file.largest_buffer, batch->buffer->capacity());
  }
}
inline ReadFile ReadLines(const FakeObject& object, LineReader::Limits limits = {},
                          FilePlace start = {}) {
  return ReadLines(object.Opener(), limits, start);
}

}  // namespace reprocess
