#include "decode/line_reader.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "decode/codec.h"
#include "decode/line_splitter.h"

namespace reprocess {
namespace {

struct Opened {
  std::unique_ptr<Decoder> decoder;
  Format format;
  std::uint64_t byte;  // of the decoder's first output, in the decompressed object
  std::string version_tag;
  std::uint64_t size;
};

std::unexpected<Error> Changed(std::string what) {
  return FileError(std::move(what), {}, "start a new job for the object as it is now",
                   Code::kChanged);
}

class Reader final : public LineReader {
 public:
  Reader(Opened opened, FilePlace start, Limits limits, BufferPool pool)
      : opened_(std::move(opened)),
        splitter_(start, limits, std::move(pool)),
        place_(start),
        frame_(start.frame),
        to_skip_(start.byte - opened_.byte),
        tail_bytes_(start.hash.tail_bytes),
        tail_end_(*start.hash.value),
        tail_(tail_bytes_ > 0 ? start.hash.tail_value : tail_end_) {}

  Result<Batch> Next() override {
    if (!error_ && !ended_) {
      if (Result<void> filled = Fill(); !filled) error_ = Located(std::move(filled).error());
    }
    if (error_ && splitter_.empty()) return std::unexpected(*error_);
    return NextBatch();
  }

  bool compressed() const override { return opened_.format != Format::kPlain; }

 private:
  // Reads until the batch is full or the file ends.
  Result<void> Fill() {
    TRY_OK(SkipToStart());
    while (!splitter_.full()) {
      if (const auto room = splitter_.RoomToAdopt()) {
        TRY(Chunk chunk, opened_.decoder->Take(*room));
        if (chunk.buffer) {
          splitter_.Adopt(std::move(chunk));
          continue;
        }
      }
      TRY(const std::size_t bytes, opened_.decoder->Read(splitter_.Space()));
      if (bytes == 0) {
        splitter_.End();
        ended_ = true;
        return {};
      }
      splitter_.Fed(bytes);
      SeeFrame();
    }
    return {};
  }

  // A compressed object opens at a member's or frame's start, not at the place itself.
  Result<void> SkipToStart() {
    std::array<char, 16 << 10> scrap;
    while (to_skip_ > 0) {
      const std::size_t most = std::min<std::uint64_t>(to_skip_, scrap.size());
      TRY(const std::size_t bytes, opened_.decoder->Read(std::span(scrap).first(most)));
      if (bytes == 0) {
        return Changed(fmt::format(
            "skip: the object ends before byte {} where reading was to go on", place_.byte));
      }
      AddToTail(std::string_view(scrap.data(), bytes));
      to_skip_ -= bytes;
    }
    if (tail_.Value() == tail_end_) return {};
    return Changed(fmt::format(
        "open: the bytes before byte {} where reading was to go on are others", place_.byte));
  }

  // Of bytes that are skipped, those that the place has a hash of.
  void AddToTail(std::string_view skipped) {
    const std::uint64_t before = to_skip_ - std::min<std::uint64_t>(to_skip_, tail_bytes_);
    if (before < skipped.size()) tail_.Add(skipped.substr(static_cast<std::size_t>(before)));
  }

  // Not one that begins where the last whole line ends: of the bytes before the place, whoever goes
  // on from there would have none to compare.
  void SeeFrame() {
    const FrameBoundary frame = opened_.decoder->frame();
    if (frame.decompressed < splitter_.whole_byte()) frame_ = frame;
  }

  Batch NextBatch() {
    SeeFrame();  // of short lines, the ones before it may have come in the batch before
    Batch batch;
    LineSplitter::Cut cut = splitter_.Take();
    batch.buffer = std::move(cut.buffer);
    batch.lines = std::move(cut.lines);
    batch.version_tag = opened_.version_tag;
    batch.object_size = opened_.size;
    batch.begin = place_;
    if (!batch.lines.empty()) {
      place_ = PlaceAfter(batch, batch.lines.size() - 1);
      place_.frame = frame_;
      place_.hash = HashAfter(batch, batch.lines.size() - 1, frame_.decompressed);
    }
    batch.after = place_;
    batch.stored_byte = compressed() ? opened_.decoder->stored_byte() : place_.byte;
    return batch;
  }

  Error Located(Error error) const {
    std::string where = fmt::format("byte {}, line {}", splitter_.fed_byte() - to_skip_,
                                    splitter_.whole_lines() + 1);
    if (compressed()) {
      where += fmt::format(" (compressed byte {})", opened_.decoder->stored_byte());
    }
    error.where = error.where.empty() ? std::move(where) : error.where + ", " + where;
    return error;
  }

  Opened opened_;
  LineSplitter splitter_;
  FilePlace place_;        // just past the last line handed out
  FrameBoundary frame_;    // the last one seen before the last whole line's end
  std::uint64_t to_skip_;  // bytes from where the decoder starts to the first line
  // The last of them, which must lead from one hash to the other.
  std::uint64_t tail_bytes_, tail_end_;
  PrefixHash tail_;
  std::optional<Error> error_;
  bool ended_ = false;
};

Result<OpenedObject> OpenAt(const LineReader::Opener& open, std::uint64_t offset) {
  TRY(OpenedObject object, open(offset));
  if (object.size < offset) {
    return Changed(fmt::format("open: the object has {} bytes, reading was to go on at byte {}",
                               object.size, offset));
  }
  return object;
}

}  // namespace

Result<std::unique_ptr<LineReader>> LineReader::Open(Opener open, FilePlace start, Limits limits,
                                                     BufferPool pool) {
  assert(start.frame.decompressed <= start.byte);
  if (!start.hash.value) start.hash = {0, start.byte};  // known from here on
  if (start.hash.tail_bytes > start.byte - start.frame.decompressed) start.hash.tail_bytes = 0;
  TRY(OpenedObject object, OpenAt(open, start.frame.compressed));
  TRY(std::string first, ReadMagic(*object.bytes));
  Opened opened{nullptr, FormatOf(first), start.frame.decompressed, {}, 0};
  if (opened.format == Format::kPlain) {
    if (start.frame.compressed > 0) {
      return Changed(fmt::format("open: no gzip member or zstd frame begins at compressed byte {}",
                                 start.frame.compressed));
    }
    opened.byte = start.byte - start.hash.tail_bytes;
    if (opened.byte > 0) {
      TRY(object, OpenAt(open, opened.byte));
      first.clear();
    }
    opened.decoder = MakePlainDecoder(std::move(object.bytes), std::move(first));
  } else {
    const auto make = opened.format == Format::kGzip ? MakeGzipDecoder : MakeZstdDecoder;
    opened.decoder = make(InputWindow(std::move(object.bytes), first, start.frame.compressed),
                          start.frame.decompressed);
  }
  opened.version_tag = std::move(object.version_tag);
  opened.size = object.size;
  return std::make_unique<Reader>(std::move(opened), start, limits, std::move(pool));
}

}  // namespace reprocess
