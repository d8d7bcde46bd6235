#include <algorithm>
#include <utility>

#include "decode/codec.h"

namespace reprocess {
namespace {

class PlainDecoder final : public Decoder {
 public:
  PlainDecoder(std::unique_ptr<ByteSource> source, std::string first)
      : source_(std::move(source)), first_(std::move(first)) {}

  Result<std::size_t> Read(std::span<char> out) override {
    std::size_t bytes = first_.copy(out.data(), out.size());
    if (bytes > 0) {
      first_.erase(0, bytes);
    } else {
      TRY(bytes, source_->Read(out));
    }
    stored_byte_ += bytes;
    return bytes;
  }
  Result<Chunk> Take(std::size_t room) override {
    if (!first_.empty()) return Chunk{};
    TRY(Chunk chunk, source_->Take(room));
    stored_byte_ += chunk.end - chunk.begin;
    return chunk;
  }
  std::uint64_t stored_byte() const override { return stored_byte_; }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string first_;
  std::uint64_t stored_byte_ = 0;
};

}  // namespace

std::unique_ptr<Decoder> MakePlainDecoder(std::unique_ptr<ByteSource> source, std::string first) {
  return std::make_unique<PlainDecoder>(std::move(source), std::move(first));
}

}  // namespace reprocess
