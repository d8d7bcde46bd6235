// What a line is, and where: the rules that hold whatever the compression.
#include "decode/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/object_for_tests.h"
#include "model/prefix_hash.h"

namespace reprocess {
namespace {

constexpr char kMark[] = "\xEF\xBB\xBF";

std::vector<std::string> TextsOf(const ReadFile& file) {
  std::vector<std::string> texts;
  for (const ReadLine& line : file.lines) texts.push_back(line.text);
  return texts;
}

TEST(Lines, AreCutByTheRules) {
  struct Row {
    const char* why;
    std::string bytes;
    std::vector<std::string> texts;
  };
  const std::string mark = kMark;
  const Row rows[] = {
      {"nothing is no line", "", {}},
      {"one line", "a\n", {"a"}},
      {"the last terminator may be missing", "a\nb", {"a", "b"}},
      {"a blank line is a line", "a\n\n\nb\n", {"a", "", "", "b"}},
      {"only blank", "\n", {""}},
      {"CRLF ends a line too", "a\r\nb\r\n\r\n", {"a", "b", ""}},
      {"a CR elsewhere stays", "a\rb\n\rc\nd\r\r\n", {"a\rb", "\rc", "d\r"}},
      {"a CR before the end of the file stays", "a\r", {"a\r"}},
      {"a byte order mark is not text", mark + "a\nb\n", {"a", "b"}},
      {"only at byte 0", "a\n" + mark + "b\n", {"a", mark + "b"}},
      {"only once", mark + mark + "\n", {mark}},
      {"a lone mark is a line of three bytes", mark, {""}},
      {"a mark and CRLF", mark + "\r\n", {""}},
      {"half a mark is text", "\xEF\xBB\n", {"\xEF\xBB"}},
      {"NUL is a byte like others", std::string("a\0b\n", 4), {std::string("a\0b", 3)}},
  };
  for (const Row& row : rows) {
    for (const std::size_t batch : {1UZ, 2UZ, 3UZ, 7UZ, 262144UZ}) {
      SCOPED_TRACE(std::string(row.why) + ", batch of " + std::to_string(batch));
      const ReadFile file = ReadLines({row.bytes, SIZE_MAX, SIZE_MAX}, {.batch_bytes = batch});
      EXPECT_FALSE(file.error);
      EXPECT_EQ(TextsOf(file), row.texts);
      std::uint64_t byte = 0, number = 0;
      for (const ReadLine& line : file.lines) {
        EXPECT_EQ(line.first_byte, byte);
        EXPECT_EQ(line.number, ++number);
        byte = line.end_byte;
      }
      EXPECT_EQ(byte, row.bytes.size());
    }
  }
}

TEST(Lines, AnObjectThatComesByteByByteHasTheSameLines) {
  const FakeObject object{std::string(kMark) + "one\r\n\ntwo", 1, SIZE_MAX};
  EXPECT_EQ(TextsOf(ReadLines(object)), (std::vector<std::string>{"one", "", "two"}));
}

TEST(Lines, LieInTheBuffersThatTheSourceGivesAway) {
  const std::string first = "{\"n\":1}\n", second = "{\"n\":2}\n", third = "{\"n\":3}\n";
  const FakeObject object{first + second + third, first.size(), SIZE_MAX, 64};
  auto reader = LineReader::Open(object.Opener(), {}, {.batch_bytes = first.size()});
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->Next()) << "the bytes that tell the format come alone";
  for (const std::string* line : {&second, &third}) {
    const Result<Batch> batch = (*reader)->Next();
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->lines.size(), 1);
    EXPECT_EQ(batch->lines[0].text - batch->buffer->data(), 60) << "the chunk's own, behind a tail";
    EXPECT_EQ(std::string(batch->lines[0].text, batch->lines[0].size) + "\n", *line);
  }
}

TEST(Lines, AreTheSameWhetherTheSourceGivesItsBuffersAwayOrNot) {
  std::string bytes = std::string(kMark) + "one\r\n\n";
  for (const std::size_t size : {0UZ, 1UZ, 5UZ, 63UZ, 64UZ, 65UZ, 300UZ, 2000UZ, 2001UZ, 5000UZ}) {
    bytes += std::string(size, 'x') + "\r\n" + std::string(size, 'y') + "\n";
  }
  bytes += "the end";
  const ReadFile plain = ReadLines({bytes, SIZE_MAX, SIZE_MAX}, {.line_bytes = 2000});
  ASSERT_EQ(plain.lines.size(), 23);
  for (const std::size_t chunk : {1UZ, 2UZ, 3UZ, 7UZ, 64UZ, 100UZ, 1000UZ, 3000UZ, 100000UZ}) {
    for (const std::size_t room : {0UZ, 1UZ, 5UZ, 64UZ, 1500UZ, 10000UZ}) {
      for (const std::size_t batch : {1UZ, 7UZ, 100UZ, 3000UZ, 100000UZ}) {
        const FakeObject object{bytes, chunk, SIZE_MAX, room};
        const ReadFile file = ReadLines(object, {.batch_bytes = batch, .line_bytes = 2000});
        ASSERT_FALSE(file.error);
        ASSERT_EQ(file.lines, plain.lines) << chunk << " behind " << room << ", batch " << batch;
        const FakeObject broken{bytes, chunk, bytes.size() - 3, room};
        const ReadFile before = ReadLines(broken, {.batch_bytes = batch, .line_bytes = 2000});
        ASSERT_TRUE(before.error);
        ASSERT_EQ(before.lines.size(), 22) << "a cut tail is no last line";
      }
    }
  }
}

TEST(Batches, SayWhereTheyBeginAndEndAndWhatTheyCameFrom) {
  const std::string file = "aa\nbb\ncc\n";
  const FakeObject object{file, SIZE_MAX, SIZE_MAX};
  auto reader = LineReader::Open(object.Opener(), {}, {.batch_bytes = 4});
  ASSERT_TRUE(reader);
  FilePlace place;
  for (std::uint64_t line = 1; line <= 3; ++line) {
    const Result<Batch> batch = (*reader)->Next();
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->lines.size(), 1);
    EXPECT_EQ(batch->version_tag, "version");
    EXPECT_EQ(batch->object_size, 9);
    if (line == 1) {
      EXPECT_EQ(batch->begin.byte, 0);
    } else {
      EXPECT_EQ(batch->begin, place);
    }
    place = batch->after;
    EXPECT_EQ(place.byte, 3 * line);
    EXPECT_EQ(place.line, line);
    EXPECT_EQ(place.hash.value,
              HashWithLine(*batch->begin.hash.value, file.substr(3 * line - 3, 3)));
  }
  for (int again = 0; again < 2; ++again) {
    const Result<Batch> end = (*reader)->Next();
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->lines.empty());
    EXPECT_EQ(end->begin, place);
    EXPECT_EQ(end->after, place);
    EXPECT_EQ(end->object_size, 9);
  }
}

TEST(OversizedLines, KeepASampleTheirPlaceAndTheirNeighbours) {
  for (const std::size_t batch : {7UZ, 100UZ, 3000UZ, 262144UZ}) {
    for (const std::size_t size : {2001UZ, 2002UZ, 2003UZ, 2004UZ, 2010UZ, 5000UZ, 70000UZ}) {
      SCOPED_TRACE(std::to_string(size) + " bytes, batch of " + std::to_string(batch));
      const std::string big(size, 'x');
      const FakeObject object{"a\n" + big + "\r\nb\n" + big, SIZE_MAX, SIZE_MAX};
      const ReadFile file = ReadLines(object, {.batch_bytes = batch, .line_bytes = 2000});
      EXPECT_FALSE(file.error);
      const std::string sample(1024, 'x');
      EXPECT_EQ(file.lines, (std::vector<ReadLine>{{"a", 0, 2, 1, false},
                                                   {sample, 2, size + 4, 2, true},
                                                   {"b", size + 4, size + 6, 3, false},
                                                   {sample, size + 6, 2 * size + 6, 4, true}}));
    }
  }
}

TEST(OversizedLines, TheLimitIsOfTheTextAlone) {
  const std::string most(2000, 'x');
  for (const std::size_t batch : {7UZ, 2001UZ, 262144UZ}) {
    SCOPED_TRACE(batch);
    const FakeObject object{kMark + most + "\r\n" + most + "\r\n" + most, SIZE_MAX, SIZE_MAX};
    const ReadFile file = ReadLines(object, {.batch_bytes = batch, .line_bytes = 2000});
    ASSERT_EQ(file.lines.size(), 3);
    for (const ReadLine& line : file.lines) EXPECT_EQ(line.text, most);
  }
}

TEST(OversizedLines, TheSampleOfAFirstLineHasNoByteOrderMark) {
  const FakeObject object{kMark + std::string(5000, 'x') + "\n", SIZE_MAX, SIZE_MAX};
  for (const std::size_t batch : {7UZ, 262144UZ}) {
    const ReadFile file = ReadLines(object, {.batch_bytes = batch, .line_bytes = 10});
    EXPECT_EQ(file.lines, (std::vector<ReadLine>{{std::string(1024, 'x'), 0, 5004, 1, true}}));
  }
}

TEST(OversizedLines, AShortOneIsItsOwnSample) {
  for (const std::size_t batch : {1UZ, 7UZ, 262144UZ}) {
    const FakeObject object{"123456\r\n12345\r\n", SIZE_MAX, SIZE_MAX};
    const ReadFile file = ReadLines(object, {.batch_bytes = batch, .line_bytes = 5});
    EXPECT_EQ(file.lines,
              (std::vector<ReadLine>{{"123456", 0, 8, 1, true}, {"12345", 8, 15, 2, false}}));
  }
}

// All batches are kept: what they hold may not change while others are cut from the same buffer.
TEST(ShortLines, MakeBatchesThatWeighLittle) {
  std::string bytes;
  std::vector<std::string> texts;
  for (int i = 0; i < 60'000; ++i) {
    const bool crlf = i % 7 == 0;
    texts.push_back(i % 9'000 == 1 ? std::string(20'000, 'x')
                    : i % 3 == 0   ? ""
                                   : std::to_string(i));
    bytes += texts.back() + (crlf ? "\r\n" : "\n");
  }
  const std::size_t middle = bytes.size() / 2;
  const std::string members =
      GzipMember(bytes.substr(0, middle)) + GzipMember(bytes.substr(middle));
  for (const FakeObject& object :
       {FakeObject{bytes}, FakeObject{bytes, 100}, FakeObject{bytes, SIZE_MAX, SIZE_MAX, 64},
        FakeObject{bytes, 5'000, SIZE_MAX, 20'001}, FakeObject{members}}) {
    auto reader = LineReader::Open(object.Opener(), {}, {.batch_bytes = 16 << 10});
    ASSERT_TRUE(reader);
    std::vector<Batch> batches;
    FilePlace place;
    do {
      Result<Batch> batch = (*reader)->Next();
      ASSERT_TRUE(batch);
      EXPECT_LE(batch->lines.size() * sizeof(Line), 16 << 10);
      EXPECT_EQ(batch->begin.byte, place.byte);
      place = batch->after;
      batches.push_back(*std::move(batch));
    } while (!batches.back().lines.empty());
    std::vector<std::string> read;
    for (const Batch& batch : batches) {
      for (const Line& line : batch.lines) read.emplace_back(line.text, line.size);
    }
    EXPECT_EQ(read, texts);
    EXPECT_EQ(place.byte, bytes.size());
  }
}

// `size` bytes of one line, then a short one, without holding them.
class EndlessLine final : public ByteSource {
 public:
  explicit EndlessLine(std::uint64_t size) : left_(size) {}
  Result<std::size_t> Read(std::span<char> out) override {
    largest_request = std::max(largest_request, out.size());
    if (left_ == 0) return std::exchange(tail_, {}).copy(out.data(), out.size());
    const std::size_t bytes = std::min<std::uint64_t>(left_, out.size());
    std::fill_n(out.data(), bytes, 'x');
    left_ -= bytes;
    return bytes;
  }
  static inline std::size_t largest_request = 0;

 private:
  std::uint64_t left_;
  std::string_view tail_ = "\nend\n";
};

TEST(OversizedLines, TakeNoMemoryHoweverLong) {
  constexpr std::uint64_t kSize = 50 << 20;
  const LineReader::Opener opener = [=](std::uint64_t) -> Result<OpenedObject> {
    return OpenedObject{std::make_unique<EndlessLine>(kSize), "version", kSize + 5};
  };
  const LineReader::Limits limits{.batch_bytes = 256 << 10, .line_bytes = 1 << 20};
  const ReadFile file = ReadLines(opener, limits);
  EXPECT_FALSE(file.error);
  EXPECT_EQ(file.lines, (std::vector<ReadLine>{{std::string(1024, 'x'), 0, kSize + 1, 1, true},
                                               {"end", kSize + 1, kSize + 5, 2, false}}));
  EXPECT_LE(file.largest_buffer, limits.batch_bytes + (2 << 10));
  EXPECT_LE(EndlessLine::largest_request, limits.batch_bytes);
}

TEST(LongLines, GrowTheirBufferToTheLimitAndNoFurther) {
  const std::string line(1 << 20, 'x');
  const FakeObject object{line + "\n" + line + "\nshort\n", SIZE_MAX, SIZE_MAX};
  const ReadFile file = ReadLines(object, {.batch_bytes = 1000, .line_bytes = 1 << 20});
  ASSERT_EQ(file.lines.size(), 3);
  EXPECT_EQ(file.lines[1].text, line);
  EXPECT_LE(file.largest_buffer, (1 << 20) + 5);
}

TEST(Errors, ComeAfterTheWholeLinesBeforeThemAndStay) {
  const FakeObject object{"one\ntwo\nthr", SIZE_MAX, 11};
  auto reader = LineReader::Open(object.Opener(), {}, {});
  ASSERT_TRUE(reader);
  const Result<Batch> batch = (*reader)->Next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->lines.size(), 2) << "a cut tail is no last line";
  EXPECT_EQ(batch->after.byte, 8);
  EXPECT_EQ(batch->after.line, 2);
  for (int again = 0; again < 2; ++again) {
    const Result<Batch> error = (*reader)->Next();
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().what, "read: connection reset");
    EXPECT_EQ(error.error().where, "byte 11, line 3");
    EXPECT_EQ(error.error().remedy, Remedy::kRetry);
    EXPECT_EQ(error.error().code, Code::kTimedOut);
  }
}

TEST(Errors, OfOpeningArePassedOn) {
  const LineReader::Opener opener = [](std::uint64_t) -> Result<OpenedObject> {
    return FileError("open: no such file", "/a", {}, Code::kNotFound);
  };
  const ReadFile file = ReadLines(opener);
  ASSERT_TRUE(file.error);
  EXPECT_EQ(file.error->where, "/a");
  EXPECT_EQ(file.error->code, Code::kNotFound);
}

TEST(GoingOn, PastTheEndOfAShrunkenObjectSaysThatItChanged) {
  const FakeObject plain{"one\n", SIZE_MAX, SIZE_MAX};
  const FakeObject gzip{GzipMember("one\n"), SIZE_MAX, SIZE_MAX};
  for (const FakeObject& object : {plain, gzip}) {
    const ReadFile end = ReadLines(object, {}, {4, 1, {}});
    EXPECT_FALSE(end.error);
    EXPECT_TRUE(end.lines.empty());
    const ReadFile past = ReadLines(object, {}, {1000, 9, {}});
    ASSERT_TRUE(past.error);
    EXPECT_EQ(past.error->code, Code::kChanged);
    EXPECT_TRUE(past.lines.empty());
  }
}

TEST(GoingOn, BehindOtherBytesIsRefusedWhereverAMemberBegins) {
  const auto stored = [](auto member, char letter) {
    FakeObject object;
    for (int i = 0; i < 40; ++i) object.bytes += member(std::string(30, letter) + "\n");
    return object;
  };
  const auto gzip = [](std::string_view text) { return GzipMember(text); };
  const auto zstd = [](std::string_view text) { return ZstdFrame(text); };
  const std::pair<FakeObject, FakeObject> kObjects[] = {{stored(gzip, 'a'), stored(gzip, 'b')},
                                                        {stored(zstd, 'a'), stored(zstd, 'b')}};
  for (const auto& [object, other] : kObjects) {
    ASSERT_EQ(object.bytes.size(), other.bytes.size());
    for (const std::size_t batch : {1, 100, 500}) {
      const LineReader::Limits limits{.batch_bytes = batch};
      const ReadFile whole = ReadLines(object, limits);
      ASSERT_EQ(whole.lines.size(), 40);
      for (const FilePlace& place : whole.places) {
        SCOPED_TRACE(testing::Message() << "batch " << batch << ", byte " << place.byte);
        EXPECT_FALSE(ReadLines(object, limits, place).error);
        const ReadFile rest = ReadLines(other, limits, place);
        ASSERT_TRUE(rest.error);
        EXPECT_EQ(rest.error->code, Code::kChanged);
        EXPECT_TRUE(rest.lines.empty());
      }
    }
  }
}

TEST(GoingOn, WhereNoMemberBeginsSaysThatTheObjectChanged) {
  const FakeObject plain{"one\ntwo\nthree\n", SIZE_MAX, SIZE_MAX};
  const ReadFile file = ReadLines(plain, {}, {8, 2, {4, 4}});
  ASSERT_TRUE(file.error);
  EXPECT_EQ(file.error->code, Code::kChanged);
}

}  // namespace
}  // namespace reprocess
