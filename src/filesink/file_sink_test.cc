#include "filesink/file_sink.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Milliseconds kLong{10'000};

Batch BatchOf(const std::vector<std::string>& values) {
  std::string all;
  for (const std::string& value : values) all += value;
  Batch batch;
  batch.buffer = std::make_shared<Buffer>(all.size());
  all.copy(batch.buffer->data(), all.size());
  char* text = batch.buffer->data();
  for (const std::string& value : values) {
    Line line;
    line.text = text;
    line.size = static_cast<std::uint32_t>(value.size());
    line.verdict = Verdict::kSend;
    batch.lines.push_back(line);
    text += value.size();
  }
  return batch;
}

class FileSinkTest : public testing::Test {
 protected:
  FileSinkTest() {
    std::string name = (fs::temp_directory_path() / "file_sink_test_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~FileSinkTest() override { fs::remove_all(directory_); }

  std::unique_ptr<Sink> Make() { return *MakeFileSink(directory_, {"job", 7}); }
  std::unique_ptr<Sink> Opened() {
    auto sink = Make();
    EXPECT_TRUE(sink->Open({}));
    return sink;
  }
  static void Deliver(Sink& sink, const std::vector<std::string>& values, std::string_view text) {
    const Batch batch = BatchOf(values);
    ASSERT_TRUE(sink.Begin());
    ASSERT_TRUE(sink.Produce(batch, 0, batch.lines.size()));
    ASSERT_TRUE(sink.Commit(text, kLong));
  }

  std::string Path(std::string_view suffix) const {
    return directory_ + "/job/7." + std::string(suffix);
  }
  static std::string Text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return (std::ostringstream() << file.rdbuf()).str();
  }
  static void Write(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }

  std::string directory_;
};

TEST_F(FileSinkTest, EveryValueIsALineAndTheCheckpointNamesTheirBytes) {
  auto sink = Opened();
  Deliver(*sink, {"{\"a\":1}", "{}"}, "one");
  EXPECT_EQ(Text(Path("ndjson")), "{\"a\":1}\n{}\n");
  EXPECT_EQ(Text(Path("checkpoint")), "11 one\n");
}

TEST_F(FileSinkTest, DataOfAnyLengthPastTheCheckpointIsCutBackOnOpen) {
  Deliver(*Opened(), {"first"}, "one");
  const std::string uncommitted = "second\nthi";
  for (std::size_t size = 0; size <= uncommitted.size(); ++size) {
    SCOPED_TRACE(size);
    Write(Path("ndjson"), "first\n" + uncommitted.substr(0, size));
    const auto sink = Opened();
    EXPECT_EQ(Text(Path("ndjson")), "first\n");
    EXPECT_EQ(**sink->ReadCheckpoint(Read::kStable), "one");
  }
}

TEST_F(FileSinkTest, DataShorterThanItsCheckpointIsRefused) {
  Deliver(*Opened(), {"first"}, "one");
  for (std::size_t size = 0; size < 6; ++size) {
    SCOPED_TRACE(size);
    Write(Path("ndjson"), std::string("first\n").substr(0, size));
    const auto opened = Make()->Open({});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().remedy, Remedy::kStop);
    EXPECT_EQ(Text(Path("ndjson")).size(), size) << "and left as it is";
  }
}

TEST_F(FileSinkTest, ACheckpointCutAnywhereIsRefusedAndTheDataLeftAlone) {
  Deliver(*Opened(), {"first"}, "one");
  const std::string whole = Text(Path("checkpoint"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    Write(Path("checkpoint"), whole.substr(0, size));
    const auto sink = Make();
    const auto opened = sink->Open({});
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().what, HasSubstr("damaged"));
    EXPECT_FALSE(sink->ReadCheckpoint(Read::kStable));
    EXPECT_EQ(Text(Path("ndjson")), "first\n");
  }
}

TEST_F(FileSinkTest, OtherFormsOfACheckpointAreRefused) {
  Deliver(*Opened(), {"first"}, "one");
  for (const char* text : {"06 one\n", "+6 one\n", "-6 one\n", "6one\n", " 6 one\n", "6 one\n\n",
                           "x one\n", "99999999999999999999 one\n"}) {
    SCOPED_TRACE(text);
    Write(Path("checkpoint"), text);
    EXPECT_FALSE(Make()->ReadCheckpoint(Read::kStable));
  }
}

TEST_F(FileSinkTest, ACheckpointWrittenButNotRenamedDoesNotCount) {
  Deliver(*Opened(), {"first"}, "one");
  const std::string next = "13 two\n";
  for (std::size_t size = 0; size <= next.size(); ++size) {
    SCOPED_TRACE(size);
    Write(Path("ndjson"), "first\nsecond\n");
    Write(Path("checkpoint.new"), next.substr(0, size));
    const auto sink = Opened();
    EXPECT_EQ(**sink->ReadCheckpoint(Read::kStable), "one");
    EXPECT_EQ(Text(Path("ndjson")), "first\n");
  }
}

TEST_F(FileSinkTest, ASecondProcessIsFencedUntilTheFirstIsGone) {
  auto first = Opened();
  const auto second = Make();
  const auto opened = second->Open({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().remedy, Remedy::kFenced);
  EXPECT_TRUE(first->Open({})) << "the holder itself may open again";
  first.reset();
  EXPECT_TRUE(second->Open({}));
}

TEST_F(FileSinkTest, AFencedProcessCanStillReadTheCheckpoint) {
  auto first = Opened();
  Deliver(*first, {"first"}, "one");
  const auto second = Make();
  EXPECT_FALSE(second->Open({}));
  EXPECT_EQ(**second->ReadCheckpoint(Read::kAsIs), "one");
}

TEST_F(FileSinkTest, AbandonCutsBackWhatWasWrittenOut) {
  auto sink = Opened();
  Deliver(*sink, {"first"}, "one");
  const Batch large = BatchOf({std::string(1 << 20, 'x')});
  ASSERT_TRUE(sink->Begin());
  ASSERT_TRUE(sink->Produce(large, 0, 1));
  ASSERT_GT(fs::file_size(Path("ndjson")), 6u) << "it was written before the commit";
  sink->Abandon();
  EXPECT_EQ(Text(Path("ndjson")), "first\n");
}

TEST_F(FileSinkTest, AFolderThatCannotBeMadeIsNamed) {
  Write(directory_ + "/plain", "a file");
  const auto sink = *MakeFileSink(directory_ + "/plain", {"job", 0});
  const auto opened = sink->Open({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().remedy, Remedy::kStop);
  EXPECT_THAT(opened.error().where, HasSubstr("/plain/job"));
}

TEST_F(FileSinkTest, AFullDiskSaysWhatToDo) {
  fs::create_directories(directory_ + "/job");
  fs::create_symlink("/dev/full", Path("checkpoint.new"));
  auto sink = Opened();
  ASSERT_TRUE(sink->Begin());
  const auto committed = sink->Commit("one", kLong);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().remedy, Remedy::kStop);
  EXPECT_THAT(committed.error().what, HasSubstr("No space left on device"));
  EXPECT_THAT(committed.error().hint, HasSubstr("goes on from its checkpoint"));
  EXPECT_EQ(*sink->ReadCheckpoint(Read::kStable), std::nullopt);
}

TEST(FileSinkNames, AJobIdThatIsNoFolderNameIsRefused) {
  for (const char* job : {"", ".", "..", "a/b", "/etc"}) {
    EXPECT_FALSE(MakeFileSink("/tmp", {job, 0})) << job;
  }
}

}  // namespace
}  // namespace reprocess
