#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "decode/codec.h"

namespace reprocess {
namespace {

constexpr std::size_t kLongestHeader = 18;

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder(InputWindow input, std::uint64_t decompressed)
      : input_(std::move(input)),
        stream_(ZSTD_createDStream()),
        frame_start_(ZSTD_initDStream(stream_.get())),
        wanted_(frame_start_),
        decompressed_(decompressed) {}

  Result<std::size_t> Read(std::span<char> out) override {
    for (;;) {
      if (!in_frame_) {
        TRY(const bool more, input_.Fill());
        if (!more) return 0;
        frame_ = {input_.position(), decompressed_};
        header_size_ = 0;
        in_frame_ = true;
      }
      TRY(const std::size_t bytes, Decompress(out));
      if (bytes > 0) return bytes;
      if (!in_frame_) continue;
      TRY(const bool more, input_.Fill());
      if (!more) return Broken("the object ends within it: it is truncated", kFetchAgain);
    }
  }

  FrameBoundary frame() const override { return frame_; }
  std::uint64_t stored_byte() const override { return input_.position(); }

 private:
  // One block a call: a call that fails does not say what it had written before.
  Result<std::size_t> Decompress(std::span<char> out) {
    const std::size_t offered = flushed_ ? std::min(wanted_, input_.size()) : 0;
    ZSTD_inBuffer in{input_.data(), offered, 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t wanted = ZSTD_decompressStream(stream_.get(), &to, &in);
    if (ZSTD_isError(wanted)) return Refuse(wanted);
    TRY_OK(KeepHeader(std::string_view(input_.data(), in.pos)));
    input_.Consume(in.pos);
    decompressed_ += to.pos;
    flushed_ = to.pos < to.size;
    in_frame_ = wanted > 0;
    wanted_ = in_frame_ ? wanted : frame_start_;
    if (!in_frame_ && !HasItsLength()) return Broken("length mismatch", kFetchAgain);
    return to.pos;
  }
  Result<void> KeepHeader(std::string_view read) {
    if (header_size_ == header_.size()) return {};
    header_size_ += read.copy(header_.data() + header_size_, header_.size() - header_size_);
    // The library looks for frames of zstd before 0.8 in each piece of a header, not in all of it.
    const std::string_view header(header_.data(), header_size_);
    if (header_size_ < kMagicSize || FormatOf(header) == Format::kZstd) return {};
    return Broken("these bytes are no frame", kFetchAgain);
  }
  // The stream's own check is left out where the last block is empty.
  bool HasItsLength() const {
    const unsigned long long length = ZSTD_getFrameContentSize(header_.data(), header_size_);
    return length == ZSTD_CONTENTSIZE_UNKNOWN || length == ZSTD_CONTENTSIZE_ERROR ||
           length == decompressed_ - frame_.decompressed;
  }
  std::unexpected<Error> Refuse(std::size_t code) const {
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
      return Broken("its window is larger than 128 MiB",
                    "compress the object again without --long=28 or more");
    }
    return Broken(ZSTD_getErrorName(code), kFetchAgain);
  }
  std::unexpected<Error> Broken(std::string_view why, std::string hint) const {
    return Undecodable(
        fmt::format("decompress: {} (zstd frame at compressed byte {})", why, frame_.compressed),
        std::move(hint));
  }

  InputWindow input_;
  std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
  const std::size_t frame_start_;  // bytes that tell what a frame is
  std::size_t wanted_;             // bytes to the end of the header or block at hand
  std::uint64_t decompressed_;
  FrameBoundary frame_;
  std::array<char, kLongestHeader> header_{};  // the frame's first bytes
  std::size_t header_size_ = 0;
  bool in_frame_ = false;
  bool flushed_ = true;  // nothing decompressed waits for room
};

}  // namespace

std::unique_ptr<Decoder> MakeZstdDecoder(InputWindow input, std::uint64_t decompressed) {
  return std::make_unique<ZstdDecoder>(std::move(input), decompressed);
}

}  // namespace reprocess
