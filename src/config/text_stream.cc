#include "config/text_stream.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reprocess {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::uint64_t kMaxInflatedBytes = std::uint64_t{1} << 30;

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : rest_(text) {}
  Result<std::size_t> Read(std::span<char> out) override {
    const std::size_t bytes = rest_.copy(out.data(), out.size());
    rest_.remove_prefix(bytes);
    return bytes;
  }

 private:
  std::string_view rest_;
};

}  // namespace

OpenBytes BytesOf(std::string_view text) {
  return [text] { return std::make_unique<TextSource>(text); };
}

TextStream::TextStream(std::unique_ptr<ByteSource> bytes)
    : bytes_(std::move(bytes)), piece_(kPieceBytes) {}

TextStream::int_type TextStream::underflow() {
  if (problem_) return traits_type::eof();
  const Result<std::size_t> bytes = Read();
  if (!bytes) {
    problem_ = {false, bytes.error().what};
    return traits_type::eof();
  }
  char* const begin = piece_.data();
  char* const end = begin + *bytes;
  if (char* const zero = std::find(begin, end, '\0'); zero != end) {
    problem_ = {true, fmt::format("a zero byte at byte {}", read_ + (zero - begin))};
    return traits_type::eof();
  }
  if (begin == end) return traits_type::eof();
  read_ += *bytes;
  setg(begin, begin, end);
  return traits_type::to_int_type(*begin);
}

Result<std::size_t> TextStream::Read() {
  if (!decoder_) {
    TRY(std::string first, ReadMagic(*bytes_));
    compressed_ = FormatOf(first) == Format::kGzip;
    decoder_ = compressed_ ? MakeGzipDecoder(InputWindow(std::move(bytes_), first, 0), 0)
                           : MakePlainDecoder(std::move(bytes_), std::move(first));
  }
  TRY(const std::size_t bytes, decoder_->Read(piece_));
  if (compressed_ && bytes > kMaxInflatedBytes - read_) {
    return Invalid(fmt::format("inflate: more than {} bytes", kMaxInflatedBytes));
  }
  return bytes;
}

}  // namespace reprocess
