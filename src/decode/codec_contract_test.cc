// What every way of storing the same lines has in common.
#include <functional>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/object_for_tests.h"

namespace reprocess {
namespace {

constexpr std::size_t kBatches[] = {7, 64, 1000, 256 << 10};

// Some of everything: blank, CRLF, long, repetitive, a byte order mark, no final terminator.
std::string SampleText() {
  std::string text = "\xEF\xBB\xBF";
  std::uint32_t random = 12345;
  for (int i = 0; i < 90; ++i) {
    random = random * 1664525 + 1013904223;
    std::string line = "{\"messageId\":\"" + std::to_string(random) + "\"}";
    if (i % 7 == 3) line.clear();
    if (i % 30 == 11) line.append(2500, static_cast<char>('a' + i % 26));
    if (i % 30 == 20) {
      for (int j = 0; j < 1500; ++j) {
        random = random * 1664525 + 1013904223;
        line += static_cast<char>('!' + random % 90);
      }
    }
    text += line + (i % 5 == 0 ? "\r\n" : "\n");
  }
  return text + "the last line";
}

// A stored form of a text, and the stored bytes at which it may end without being truncated.
struct Stored {
  std::string bytes;
  std::set<std::size_t> ends;
};

struct Codec {
  const char* name;
  std::function<Stored(std::string_view text)> store;
  std::size_t magic_bytes;  // without which the object is some other plain file
  bool checked = true;      // every byte that matters is under a checksum
};
void PrintTo(const Codec& codec, std::ostream* out) {
  *out << codec.name;
}

// `text` in pieces of growing size, cut without regard to lines, each piece through `frame`; an
// empty one between them.
Stored InFrames(std::string_view text, const std::function<std::string(std::string_view)>& frame) {
  Stored stored{"", {0}};
  std::size_t size = 1;
  for (std::size_t at = 0; at < text.size(); at += size, size += 37) {
    if (size > 1) size = std::min(size, text.size());
    stored.bytes += frame(text.substr(at, size));
    stored.ends.insert(stored.bytes.size());
    if (at % 3 != 0) continue;
    stored.bytes += frame("");
    stored.ends.insert(stored.bytes.size());
  }
  return stored;
}

Stored InOne(std::string bytes) {
  const std::size_t size = bytes.size();
  return {std::move(bytes), {0, size}};
}

const Codec kCodecs[] = {
    {"Plain", [](std::string_view text) { return InOne(std::string(text)); }, 0},
    {"GzipMember", [](std::string_view text) { return InOne(GzipMember(text)); }, 2},
    {"GzipStoredOrFixed", [](std::string_view text) { return InOne(GzipMember(text, 0)); }, 2},
    {"GzipMembers",
     [](std::string_view text) {
       return InFrames(text, [](std::string_view piece) { return GzipMember(piece, 3); });
     },
     2},
    {"ZstdFrame", [](std::string_view text) { return InOne(ZstdFrame(text)); }, 4},
    {"ZstdFrames",
     [](std::string_view text) {
       return InFrames(text, [](std::string_view piece) { return ZstdFrame(piece); });
     },
     4},
    {"ZstdSkippableFrames",
     [](std::string_view text) {
       return InFrames(text, [](std::string_view piece) {
         return piece.empty() ? SkippableFrame("ignored\n") : ZstdFrame(piece, 1);
       });
     },
     4, false},  // the length of a skippable frame is not
};

bool OneBeginsWithTheOther(std::span<const ReadLine> a, std::span<const ReadLine> b) {
  const std::size_t both = std::min(a.size(), b.size());
  return std::ranges::equal(a.first(both), b.first(both));
}

class CodecContract : public testing::TestWithParam<Codec> {
 protected:
  static FakeObject Object(std::string bytes, std::size_t chunk = SIZE_MAX) {
    return {std::move(bytes), chunk, SIZE_MAX};
  }
  // What the text's lines are, however stored.
  static ReadFile Lines(std::string text) { return ReadLines(Object(std::move(text))); }
};

// Those with an end of their own, and those of them that a checksum covers in full (the length of a
// skippable frame is under none).
class CompressedContract : public CodecContract {};
class CheckedContract : public CodecContract {};

template <class Keep>
std::vector<Codec> CodecsThat(Keep keep) {
  std::vector<Codec> codecs;
  std::ranges::copy_if(kCodecs, std::back_inserter(codecs), keep);
  return codecs;
}
bool IsCompressed(const Codec& codec) {
  return codec.magic_bytes > 0;
}
std::string NameOfCodec(const testing::TestParamInfo<Codec>& codec) {
  return codec.param.name;
}

INSTANTIATE_TEST_SUITE_P(, CodecContract, testing::ValuesIn(kCodecs), NameOfCodec);
INSTANTIATE_TEST_SUITE_P(, CompressedContract, testing::ValuesIn(CodecsThat(IsCompressed)),
                         NameOfCodec);
INSTANTIATE_TEST_SUITE_P(, CheckedContract, testing::ValuesIn(CodecsThat([](const Codec& codec) {
                           return IsCompressed(codec) && codec.checked;
                         })),
                         NameOfCodec);

TEST_P(CodecContract, TheLinesAreTheSameInBatchesAndReadsOfAnySize) {
  const std::string text = SampleText();
  const Stored stored = GetParam().store(text);
  const ReadFile expected = Lines(text);
  ASSERT_EQ(expected.lines.size(), 91);
  for (const std::size_t batch : kBatches) {
    for (const std::size_t chunk : {1UZ, 9UZ, 100UZ, 1UZ << 20}) {
      SCOPED_TRACE(testing::Message() << "batch " << batch << ", reads of " << chunk);
      const ReadFile file = ReadLines(Object(stored.bytes, chunk), {.batch_bytes = batch});
      EXPECT_FALSE(file.error);
      EXPECT_EQ(file.lines, expected.lines);
    }
  }
}

TEST_P(CodecContract, NoTextIsNoLine) {
  const ReadFile file = ReadLines(Object(GetParam().store("").bytes));
  EXPECT_FALSE(file.error);
  EXPECT_TRUE(file.lines.empty());
}

TEST_P(CodecContract, ReadingGoesOnFromEveryPlaceAsIfItHadNeverStopped) {
  const Stored stored = GetParam().store(SampleText());
  for (const std::size_t batch : kBatches) {
    const LineReader::Limits limits{.batch_bytes = batch};
    const ReadFile whole = ReadLines(Object(stored.bytes), limits);
    ASSERT_FALSE(whole.error);
    for (const FilePlace& place : whole.places) {
      SCOPED_TRACE(testing::Message() << "batch " << batch << ", byte " << place.byte);
      EXPECT_LE(place.frame.decompressed, place.byte);
      EXPECT_TRUE(stored.ends.contains(place.frame.compressed));
      const ReadFile rest = ReadLines(Object(stored.bytes), limits, place);
      EXPECT_FALSE(rest.error);
      const auto first = whole.lines.begin() + static_cast<std::ptrdiff_t>(place.line);
      EXPECT_EQ(rest.lines, std::vector<ReadLine>(first, whole.lines.end()));
    }
  }
}

TEST_P(CodecContract, EveryLineIsAPlaceWithAnyBoundaryBeforeIt) {
  const Stored stored = GetParam().store(SampleText());
  const ReadFile whole = ReadLines(Object(stored.bytes), {.batch_bytes = 64});
  std::vector<FrameBoundary> frames = {{}};
  for (const FilePlace& place : whole.places) {
    if (place.frame != frames.back()) frames.push_back(place.frame);
  }
  for (std::size_t line = 1; line <= whole.lines.size(); line += 5) {
    const std::uint64_t byte = whole.lines[line - 1].end_byte;
    for (const FrameBoundary& frame : frames) {
      if (frame.decompressed > byte) break;
      const ReadFile rest = ReadLines(Object(stored.bytes), {}, {byte, line, frame});
      ASSERT_FALSE(rest.error);
      ASSERT_EQ(rest.lines,
                std::vector<ReadLine>(whole.lines.begin() + static_cast<std::ptrdiff_t>(line),
                                      whole.lines.end()));
    }
  }
}

TEST_P(CompressedContract, APlaceNamesTheLastMemberThatALineEndedIn) {
  const Stored first = GetParam().store("one\ntwo\n");
  const Stored both{first.bytes + GetParam().store("three\nfour").bytes, {}};
  const ReadFile file = ReadLines(Object(both.bytes), {.batch_bytes = 1});
  ASSERT_EQ(file.places.size(), 4);
  EXPECT_GE(file.places[2].frame.compressed, first.bytes.size());
  EXPECT_GE(file.places[2].frame.decompressed, 8);
  EXPECT_LE(file.places[2].frame.decompressed, 14);
}

TEST_P(CompressedContract, CutAtAnyByteItIsAnErrorWithItsPlaceAndNeverASilentEnd) {
  const std::string text = SampleText().substr(0, 3000);
  const Stored stored = GetParam().store(text);
  const ReadFile whole = ReadLines(Object(stored.bytes));
  // A single first byte of the zstd magic number is a plain "(".
  for (std::size_t cut = GetParam().magic_bytes / 2; cut < stored.bytes.size(); ++cut) {
    SCOPED_TRACE(testing::Message() << "cut at " << cut);
    const ReadFile file = ReadLines(Object(stored.bytes.substr(0, cut)));
    if (stored.ends.contains(cut)) {
      ASSERT_FALSE(file.error);
      continue;
    }
    ASSERT_TRUE(file.error);
    EXPECT_THAT(file.error->what, testing::HasSubstr("truncated"));
    EXPECT_THAT(file.error->where, testing::HasSubstr("(compressed byte "));
    EXPECT_EQ(file.error->remedy, Remedy::kCount);
    ASSERT_LE(file.lines.size(), whole.lines.size() - 1) << "the cut tail is no line";
    EXPECT_TRUE(std::equal(file.lines.begin(), file.lines.end(), whole.lines.begin()));
    if (cut + 1 == stored.bytes.size()) {
      EXPECT_EQ(file.lines.size(), whole.lines.size() - 1);
    }
    // The batch size must not decide which lines come out before the error.
    if (cut % 16 != 0) continue;
    const ReadFile small = ReadLines(Object(stored.bytes.substr(0, cut), 3), {.batch_bytes = 7});
    EXPECT_EQ(small.lines, file.lines);
    EXPECT_TRUE(small.error);
  }
}

TEST_P(CheckedContract, WithAnyByteDamagedItIsAnErrorOrTheSameContent) {
  const std::string text = SampleText().substr(0, 700);
  const Stored stored = GetParam().store(text);
  const ReadFile whole = ReadLines(Object(stored.bytes));
  int same = 0;
  for (std::size_t at = GetParam().magic_bytes; at < stored.bytes.size(); ++at) {
    for (const int flip : {0x01, 0x10, 0x80, 0xFF}) {
      SCOPED_TRACE(testing::Message() << "byte " << at << " xor " << flip);
      std::string damaged = stored.bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const ReadFile file = ReadLines(Object(damaged));
      const ReadFile small = ReadLines(Object(damaged, 3), {.batch_bytes = 7});
      EXPECT_EQ(file.error.has_value(), small.error.has_value());
      EXPECT_TRUE(OneBeginsWithTheOther(file.lines, small.lines));
      if (file.error) {
        EXPECT_EQ(file.error->remedy, Remedy::kCount);
        continue;
      }
      ++same;
      EXPECT_EQ(file.lines, whole.lines);
    }
  }
  EXPECT_LT(same, static_cast<int>(4 * stored.bytes.size()));
}

TEST_P(CompressedContract, BytesBehindTheEndAreAnErrorAfterAllLines) {
  const std::string text = "one\ntwo\n";
  const Stored stored = GetParam().store(text);
  using std::string_literals::operator""s;
  for (const std::string& garbage : {"\0"s, "x"s, "garbage\n"s, "\0\0\0\0\0\0\0\0"s, "\x1F\x8B"s}) {
    const ReadFile file = ReadLines(Object(stored.bytes + garbage));
    ASSERT_TRUE(file.error) << garbage;
    EXPECT_EQ(file.lines.size(), 2);
    EXPECT_EQ(file.error->remedy, Remedy::kCount);
    EXPECT_THAT(file.error->where, testing::StartsWith("byte 8, line 3"));
  }
}

TEST_P(CodecContract, AFailureOfTheStorageIsPassedOnWithThePlace) {
  const Stored stored = GetParam().store(SampleText());
  FakeObject object{stored.bytes, 50, stored.bytes.size() / 2};
  const ReadFile file = ReadLines(object);
  ASSERT_TRUE(file.error);
  EXPECT_EQ(file.error->what, "read: connection reset");
  EXPECT_EQ(file.error->remedy, Remedy::kRetry);
  EXPECT_THAT(file.error->where, testing::StartsWith("byte "));
  EXPECT_LT(file.lines.size(), 91);
  const ReadFile whole = ReadLines(Object(stored.bytes));
  EXPECT_TRUE(std::equal(file.lines.begin(), file.lines.end(), whole.lines.begin()));

  object.fail_at = SIZE_MAX;
  const FilePlace place = file.places.empty() ? FilePlace{} : file.places.back();
  const ReadFile rest = ReadLines(object, {}, place);
  EXPECT_FALSE(rest.error);
  EXPECT_EQ(file.lines.size() + rest.lines.size(), whole.lines.size());
}

}  // namespace
}  // namespace reprocess
