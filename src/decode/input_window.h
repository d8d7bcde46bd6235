// The stored bytes that a decoder is looking at, refilled from the source as they are used up.
//
//   ownership  owns the source; data() is valid until the next Refill
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "model/storage.h"

namespace reprocess {

class InputWindow {
 public:
  // How many bytes a decoder that reads ahead in words may give back, even after a Refill.
  static constexpr std::size_t kGiveBack = 8;

  // `first` has been read from the source already, and begins at byte `offset` of the object.
  InputWindow(std::unique_ptr<ByteSource> source, std::string_view first, std::uint64_t offset);

  const char* data() const { return buffer_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  std::uint64_t position() const { return position_; }  // of data()[0] in the object

  void Consume(std::size_t bytes);
  void GiveBack(std::size_t bytes);

  // Makes size() at least one; false at the end of the object.
  Result<bool> Fill();

 private:
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_, end_;
  std::uint64_t position_;
  bool ended_ = false;
};

}  // namespace reprocess
