// gzip (RFC 1952) over ISA-L's raw inflate. Members, their headers and trailers are ours: ISA-L
// stops after the first member (intel/isa-l#143), and how far it has read ahead of a member's end
// differs between its versions (#157, #182, #211).
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "decode/codec.h"

namespace reprocess {
namespace {

enum HeaderFlag : unsigned {
  kHeaderCrc = 2,
  kExtra = 4,
  kName = 8,
  kComment = 16,
  kReserved = 224
};

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder(InputWindow input, std::uint64_t decompressed)
      : input_(std::move(input)), decompressed_(decompressed) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_DEFLATE;
  }

  Result<std::size_t> Read(std::span<char> out) override {
    for (;;) {
      if (!in_member_) {
        TRY(const bool more, input_.Fill());
        if (!more) return 0;
        TRY_OK(BeginMember());
      }
      TRY(const std::size_t bytes, Inflate(out));
      if (bytes > 0) return bytes;
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        TRY_OK(EndMember());
        continue;
      }
      TRY(const bool more, input_.Fill());
      if (!more) return Truncated("its data");
    }
  }

  FrameBoundary frame() const override { return frame_; }
  std::uint64_t stored_byte() const override { return input_.position(); }

 private:
  std::unexpected<Error> Broken(std::string_view why) const {
    return Undecodable(
        fmt::format("inflate: {} (gzip member at compressed byte {})", why, frame_.compressed),
        kFetchAgain);
  }
  std::unexpected<Error> Truncated(std::string_view within) const {
    return Broken(fmt::format("the object ends within {}: it is truncated", within));
  }

  // The next byte of a header.
  Result<unsigned> HeaderByte() {
    TRY(const bool more, input_.Fill());
    if (!more) return Truncated("a header");
    const unsigned char byte = static_cast<unsigned char>(*input_.data());
    input_.Consume(1);
    crc_ = crc32_gzip_refl(crc_, &byte, 1);
    return byte;
  }
  Result<unsigned> HeaderPair() {
    TRY(const unsigned low, HeaderByte());
    TRY(const unsigned high, HeaderByte());
    return low | high << 8;
  }
  Result<void> SkipText() {
    for (;;) {
      TRY(const unsigned byte, HeaderByte());
      if (byte == 0) return {};
    }
  }

  Result<void> BeginMember() {
    const FrameBoundary begin{input_.position(), decompressed_};
    crc_ = 0;
    for (const unsigned magic : {0x1FU, 0x8BU}) {
      TRY(const unsigned byte, HeaderByte());
      if (byte == magic) continue;
      return Undecodable(fmt::format("inflate: bytes that are no gzip member at compressed byte {}",
                                     begin.compressed),
                         kFetchAgain);
    }
    frame_ = begin;
    TRY(const unsigned method, HeaderByte());
    if (method != 8) return Broken(fmt::format("compression method {} is unknown", method));
    TRY_OK(SkipHeader());

    isal_inflate_reset(state_.get());
    crc_ = 0;
    in_member_ = true;
    return {};
  }

  // From the flags on.
  Result<void> SkipHeader() {
    TRY(const unsigned flags, HeaderByte());
    if ((flags & kReserved) != 0) return Broken("reserved header flags are set");
    for (int i = 0; i < 6; ++i) TRY_OK(HeaderByte());  // time, extra flags, system
    if ((flags & kExtra) != 0) {
      TRY(const unsigned size, HeaderPair());
      for (unsigned i = 0; i < size; ++i) TRY_OK(HeaderByte());
    }
    if ((flags & kName) != 0) TRY_OK(SkipText());
    if ((flags & kComment) != 0) TRY_OK(SkipText());
    if ((flags & kHeaderCrc) != 0) {
      const unsigned computed = crc_ & 0xFFFF;
      TRY(const unsigned stored, HeaderPair());
      if (stored != computed) return Broken("header crc mismatch");
    }
    return {};
  }

  Result<std::size_t> Inflate(std::span<char> out) {
    if (corrupt_ != ISAL_DECOMP_OK) return Drain(out);
    inflate_state& state = *state_;
    const std::size_t offered = std::min<std::size_t>(out.size(), UINT32_MAX);
    state.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state.avail_out = static_cast<std::uint32_t>(offered);
    // ISA-L only reads its input; the cast is its interface's.
    state.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(input_.data()));
    state.avail_in = static_cast<std::uint32_t>(input_.size());
    const int outcome = isal_inflate(&state);
    TakeOutcome(state, outcome);
    if (outcome < 0) corrupt_ = outcome;
    const std::size_t bytes = offered - state.avail_out;
    if (bytes == 0 && outcome < 0) return Drain(out);
    Count(out.first(bytes));
    return bytes;
  }

  // Moves the window to where ISA-L stands, which may have given back bytes already. After an error
  // its count can be one below zero.
  void TakeOutcome(const inflate_state& state, int outcome) {
    const auto left = static_cast<std::size_t>(state.avail_in);
    if (left <= input_.size()) {
      input_.Consume(input_.size() - left);
    } else if (outcome >= 0) {
      input_.GiveBack(left - input_.size());
    }
  }

  // What had been inflated before corruption showed, then the error.
  Result<std::size_t> Drain(std::span<char> out) {
    inflate_state& state = *state_;
    const auto left = static_cast<std::size_t>(state.tmp_out_valid - state.tmp_out_processed);
    const std::size_t bytes = std::min(left, out.size());
    if (bytes == 0) return Broken(Corruption());
    std::copy_n(state.tmp_out_buffer + state.tmp_out_processed, bytes, out.data());
    state.tmp_out_processed += static_cast<std::int32_t>(bytes);
    Count(out.first(bytes));
    return bytes;
  }
  std::string_view Corruption() const {
    switch (corrupt_) {
      case ISAL_INVALID_BLOCK:
        return "invalid block";
      case ISAL_INVALID_SYMBOL:
        return "invalid symbol";
      case ISAL_INVALID_LOOKBACK:
        return "invalid distance";
      default:
        return "corrupt data";
    }
  }
  void Count(std::span<const char> bytes) {
    crc_ =
        crc32_gzip_refl(crc_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    decompressed_ += bytes.size();
  }

  Result<void> EndMember() {
    // Whole bytes that ISA-L read ahead of the end of the data.
    input_.GiveBack(static_cast<std::size_t>(state_->read_in_length) / 8);
    std::uint64_t trailer = 0;
    for (int i = 0; i < 8; ++i) {
      TRY(const bool more, input_.Fill());
      if (!more) return Truncated("its trailer");
      trailer |= std::uint64_t{static_cast<unsigned char>(*input_.data())} << (8 * i);
      input_.Consume(1);
    }
    if ((trailer & 0xFFFFFFFF) != crc_) return Broken("crc mismatch");
    const std::uint64_t size = decompressed_ - frame_.decompressed;
    if (trailer >> 32 != (size & 0xFFFFFFFF)) return Broken("length mismatch");
    in_member_ = false;
    return {};
  }

  InputWindow input_;
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  std::uint64_t decompressed_;
  FrameBoundary frame_;
  std::uint32_t crc_ = 0;  // of the header, then of the data
  int corrupt_ = ISAL_DECOMP_OK;
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<Decoder> MakeGzipDecoder(InputWindow input, std::uint64_t decompressed) {
  return std::make_unique<GzipDecoder>(std::move(input), decompressed);
}

}  // namespace reprocess
