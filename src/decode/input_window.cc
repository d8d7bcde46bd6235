#include "decode/input_window.h"

#include <cassert>
#include <cstring>
#include <span>
#include <utility>

namespace reprocess {
namespace {

constexpr std::size_t kInputBytes = 128 << 10;
constexpr std::size_t kPadding = 16;  // decoders load whole words

}  // namespace

InputWindow::InputWindow(std::unique_ptr<ByteSource> source, std::string_view first,
                         std::uint64_t offset)
    : source_(std::move(source)),
      buffer_(std::make_unique_for_overwrite<char[]>(kGiveBack + kInputBytes + kPadding)),
      begin_(kGiveBack),
      end_(kGiveBack + first.size()),
      position_(offset) {
  assert(first.size() <= kInputBytes);
  std::memcpy(buffer_.get() + begin_, first.data(), first.size());
}

void InputWindow::Consume(std::size_t bytes) {
  assert(bytes <= size());
  begin_ += bytes;
  position_ += bytes;
}

void InputWindow::GiveBack(std::size_t bytes) {
  assert(bytes <= kGiveBack && bytes <= begin_);
  begin_ -= bytes;
  position_ -= bytes;
}

Result<bool> InputWindow::Fill() {
  if (size() > 0) return true;
  if (ended_) return false;
  // The last bytes stay in front of the new ones, to be given back.
  std::memmove(buffer_.get(), buffer_.get() + end_ - kGiveBack, kGiveBack);
  begin_ = end_ = kGiveBack;
  TRY(const std::size_t bytes, source_->Read(std::span(buffer_.get() + kGiveBack, kInputBytes)));
  end_ += bytes;
  ended_ = bytes == 0;
  return !ended_;
}

}  // namespace reprocess
