// The text of a mounted file as a stream: plain, or gzip by its content.
//
//   memory     a piece of 64 KiB and what the inflater needs, however long the text is
//   errors     the stream ends early, and problem() says why
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "decode/codec.h"
#include "model/storage.h"

namespace reprocess {

// Opens a file's stored bytes, always the same ones, from their beginning.
using OpenBytes = std::function<std::unique_ptr<ByteSource>()>;

// Borrows `text`.
OpenBytes BytesOf(std::string_view text);

class TextStream final : public std::streambuf {
 public:
  // What is wrong with the text: its bytes cannot be had, or it has a zero byte, which nlohmann's
  // reader takes for the end of the text, so that nothing of what follows would be read.
  struct Problem {
    bool zero_byte = false;
    std::string what;
  };

  explicit TextStream(std::unique_ptr<ByteSource> bytes);

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  int_type underflow() override;
  Result<std::size_t> Read();

  std::unique_ptr<ByteSource> bytes_;  // until the decoder has it
  std::unique_ptr<Decoder> decoder_;
  bool compressed_ = false;
  std::uint64_t read_ = 0;  // of the text
  std::vector<char> piece_;
  std::optional<Problem> problem_;
};

}  // namespace reprocess
