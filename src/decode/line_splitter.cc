#include "decode/line_splitter.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string_view>
#include <utility>

namespace reprocess {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// What may surround a text of line_bytes: the mark before it and the CR of a CRLF behind it.
constexpr std::size_t kAroundText = kByteOrderMark.size() + 1;
constexpr std::uint64_t kLongestLine = UINT32_MAX - 1024;  // Line::size has 32 bits

// Of a batch, the lines may weigh what their text may, but no more than this, and are some always.
constexpr std::size_t kMostLineBytes = 4 << 20;
constexpr std::size_t kFewLines = 64;

// A buffer is roomy when no more than this part of it is filled, by the last lines of a file.
constexpr std::size_t kRoomy = 4;

// Moves lines that end at byte `end` of a roomy buffer to one of their own size: of small files many
// are under way at once.
void Fit(LineSplitter::Cut& cut, std::size_t end) {
  const char* const from = cut.lines.front().text;
  const auto used = static_cast<std::size_t>(cut.buffer->data() + end - from);
  auto own = std::make_shared<Buffer>(used);
  std::memcpy(own->data(), from, used);
  for (Line& line : cut.lines) line.text = own->data() + (line.text - from);
  cut.buffer = std::move(own);
}

}  // namespace

LineSplitter::LineSplitter(const FilePlace& start, LineReader::Limits limits, BufferPool pool)
    : batch_bytes_(std::max<std::size_t>(limits.batch_bytes, 1)),
      line_bytes_(std::min(limits.line_bytes, kLongestLine)),
      most_lines_(std::max(std::min(batch_bytes_, kMostLineBytes) / sizeof(Line), kFewLines)),
      pool_(std::move(pool)),
      byte_(start.byte),
      line_byte_(start.byte),
      line_count_(start.line),
      hash_(start.hash.value.value_or(0)) {}

std::shared_ptr<Buffer> LineSplitter::NewBuffer(std::size_t capacity) {
  return capacity == pool_.capacity() ? pool_.Take() : std::make_shared<Buffer>(capacity);
}

std::span<char> LineSplitter::Space() {
  assert(!full());
  if (!buffer_) buffer_ = NewBuffer(batch_bytes_);
  if (filled_ == buffer_->capacity()) MakeRoom();
  return {buffer_->data() + filled_, std::min(buffer_->capacity() - filled_, batch_bytes_)};
}

// The buffer is full of one unfinished line: more room for it, or none when it is oversized for
// certain and its sample complete.
void LineSplitter::MakeRoom() {
  const std::size_t most = std::max(line_bytes_, kSampleBytes) + kAroundText;
  if (const std::size_t line = unfinished(); line <= most) {
    MoveLineTo(std::max(batch_bytes_, std::min(2 * line, most + 1)), line);
    return;
  }
  dropped_.emplace(hash_);
  dropped_->Add({buffer_->data() + line_begin_, unfinished()});
  constexpr std::size_t kKept = kSampleBytes + kByteOrderMark.size();
  MoveLineTo(kKept + batch_bytes_, kKept);
  dropping_ = true;
}

void LineSplitter::MoveLineTo(std::size_t capacity, std::size_t kept) {
  auto next = NewBuffer(capacity);
  std::memcpy(next->data(), buffer_->data() + line_begin_, kept);
  buffer_ = std::move(next);
  line_begin_ = 0;
  filled_ = scanned_ = kept;
}

std::optional<std::size_t> LineSplitter::RoomToAdopt() const {
  if (!lines_.empty() || dropping_) return std::nullopt;
  return unfinished();
}

// The line that has begun goes before the chunk's bytes.
void LineSplitter::Adopt(Chunk chunk) {
  const std::size_t line = unfinished();
  assert(lines_.empty() && !dropping_ && chunk.begin >= line);
  const std::size_t begin = chunk.begin - line;
  if (line > 0) {
    std::memcpy(chunk.buffer->data() + begin, buffer_->data() + line_begin_, line);
  }
  buffer_ = std::move(chunk.buffer);
  line_begin_ = begin;
  filled_ = scanned_ = chunk.begin;
  Fed(chunk.end - chunk.begin);
}

void LineSplitter::Fed(std::size_t bytes) {
  filled_ += bytes;
  byte_ += bytes;
  CutLines();
}

// Up to the last newline, or until there are lines enough.
void LineSplitter::CutLines() {
  const std::size_t sample_end = scanned_;
  const char* data = buffer_->data();
  const char* from = data + scanned_;
  const char* const end = data + filled_;
  while (from < end && lines_.size() < most_lines_) {
    const auto* newline =
        static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
    if (dropping_) {
      const char* const past = newline == nullptr ? end : newline + 1;
      dropped_->Add({from, static_cast<std::size_t>(past - from)});
    }
    if (newline == nullptr) {
      from = end;
      break;
    }
    const auto after = static_cast<std::uint64_t>(end - newline - 1);
    FinishLine(dropping_ ? sample_end : static_cast<std::size_t>(newline - data), byte_ - after,
               true);
    from = newline + 1;
    line_begin_ = static_cast<std::size_t>(from - data);
  }
  scanned_ = static_cast<std::size_t>(from - data);
  if (dropping_) filled_ = scanned_ = sample_end;
}

void LineSplitter::End() {
  if (line_byte_ == byte_) return;
  FinishLine(filled_, byte_, false);
  line_begin_ = filled_;
}

// The line's bytes in the buffer are [line_begin_, end), of an oversized one its sample's.
void LineSplitter::FinishLine(std::size_t end, std::uint64_t end_byte, bool terminated) {
  char* text = buffer_->data() + line_begin_;
  std::size_t size = end - line_begin_;
  hash_ = dropping_ ? dropped_->Value() : HashWithLine(hash_, {text, size + (terminated ? 1 : 0)});
  if (terminated && !dropping_ && size > 0 && text[size - 1] == '\r') --size;
  if (line_byte_ == 0 && std::string_view(text, size).starts_with(kByteOrderMark)) {
    text += kByteOrderMark.size();
    size -= kByteOrderMark.size();
  }
  const bool oversized = dropping_ || size > line_bytes_;
  if (oversized) size = std::min(size, kSampleBytes);
  Line& line = lines_.emplace_back();
  line.text = text;
  line.size = static_cast<std::uint32_t>(size);
  line.first_byte = line_byte_;
  line.end_byte = end_byte;
  line.number = ++line_count_;
  line.hash = hash_;
  line.oversized = oversized;
  line_byte_ = end_byte;
  dropping_ = false;
}

LineSplitter::Cut LineSplitter::Take() {
  const std::size_t lines = lines_.size();
  Cut cut{buffer_, std::exchange(lines_, {})};
  if (lines > 0 && filled_ <= buffer_->capacity() / kRoomy) Fit(cut, line_begin_);
  lines_.reserve(lines);
  if (scanned_ < filled_) {
    shared_ = true;
    CutLines();
    if (!lines_.empty()) return cut;
  }
  shared_ = false;
  if (const std::size_t line = unfinished(); line > 0) {
    MoveLineTo(std::max(batch_bytes_, line), line);
  } else {
    buffer_.reset();
    filled_ = scanned_ = line_begin_ = 0;
  }
  return cut;
}

}  // namespace reprocess
