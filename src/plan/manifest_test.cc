#include "plan/manifest.h"

#include <atomic>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/text_stream.h"
#include "decode/gzipped.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A manifest, /m, and objects by path, each of one byte.
class Shelf final : public Storage {
 public:
  explicit Shelf(std::string manifest) : manifest_(std::move(manifest)) {}
  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset, std::string_view,
                            const std::stop_token&) override {
    if (item.path != "/m") return FileError("open: no such file", item.path, {}, Code::kNotFound);
    return OpenedObject{BytesOf(std::string_view(manifest_).substr(offset))(), "v",
                        manifest_.size()};
  }
  Result<std::vector<ListedObject>> List(std::string_view) override { return Fatal("not asked"); }
  Result<ListedObject> Look(const FileItem& item, const std::stop_token&) override {
    ++looks;
    if (item.path.contains("denied")) return FileError("look at the object: HTTP 403");
    if (item.path.contains("gone"))
      return FileError("look at the object: HTTP 404", {}, {}, Code::kNotFound);
    return ListedObject{item.path, 1, *ParseRfc3339("2026-05-02T00:00:00Z"), "looked",
                        item.path.contains("frozen") ? "GLACIER" : ""};
  }
  std::atomic<int> looks = 0;

 private:
  const std::string manifest_;
};

Result<Discovery> Found(Shelf& shelf, std::optional<WallTime> from = {}) {
  return DiscoverManifest(shelf, {.manifest = "/m"}, from, {}, {});
}

std::vector<std::string> IgnoredOf(const Discovery& found) {
  std::vector<std::string> ignored;
  for (const IgnoredFile& file : found.ignored) ignored.push_back(file.path + ": " + file.reason);
  return ignored;
}

TEST(Manifest, TheStorageIsAskedOnlyForWhatTheListDoesNotSay) {
  Shelf shelf(
      "Bucket,Key,Size,ETag,LastModifiedDate,StorageClass\n"
      "b,y.ndjson,5,\"tag\",2026-05-01T00:00:00Z,STANDARD\n"
      "b,x.ndjson,,,,\n"
      "b,frozen.ndjson,5,tag,2026-05-01T00:00:00Z,GLACIER\n"
      "b,gone.ndjson,,,,\n"
      "b,picture.png,,,,\n");
  const auto found = Found(shelf);
  ASSERT_TRUE(found) << found.error().ToString();
  const std::vector<PlannedFile> files(found->files.begin(), found->files.end());
  EXPECT_EQ(files,
            (std::vector<PlannedFile>{{{"s3://b/x.ndjson", 1}, "looked", "2026-05-02T00:00:00Z"},
                                      {{"s3://b/y.ndjson", 5}, "tag", "2026-05-01T00:00:00Z"}}));
  EXPECT_THAT(IgnoredOf(*found), ElementsAre(HasSubstr("frozen.ndjson: archived (GLACIER)"),
                                             HasSubstr("gone.ndjson: it is in the manifest, but"),
                                             HasSubstr("picture.png: name does not end")));
  EXPECT_EQ(shelf.looks, 3);
}

TEST(Manifest, MayBeCompressedAndLongerThanWhatIsHeldAtATime) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += fmt::format("b,{:04}.ndjson,v\n", i);
  Shelf shelf(Gzipped(text));
  const auto found = Found(shelf);
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_EQ(found->files.size(), 5'000U);
  EXPECT_EQ(found->files[4'321].item.path, "s3://b/4321.ndjson");
  EXPECT_EQ(found->files[4'321].item.version_id, "v");
  EXPECT_EQ(shelf.looks, 5'000);
}

TEST(Manifest, DatesCountAsBelowAPath) {
  const std::string name = "kafka_failover_2026_05_01T00_00_00.ndjson";
  Shelf shelf("b," + name + "\nb,a.ndjson\n");
  const auto found = Found(shelf, ParseRfc3339("2026-05-03T00:00:00Z"));
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_THAT(IgnoredOf(*found), ElementsAre(HasSubstr("last changed before the start date")));
}

TEST(Manifest, WhatIsWrongIsNamedWithItsLine) {
  const std::pair<std::string, const char*> kRows[] = {
      {"b,a.ndjson\n\nb\n", "/m:3"},
      {"b,a.ndjson\nb,denied.ndjson\n", "/m:2"},
      {"\"" + std::string(70'000, 'x') + "\"\n", "/m:1"},
  };
  for (const auto& [text, where] : kRows) {
    Shelf shelf(text);
    const auto found = Found(shelf);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().where, where) << found.error().ToString();
    EXPECT_THAT(found.error().what, testing::StartsWith("read the manifest: "));
  }
}

TEST(Manifest, OneFileInTwoVersionsIsAnErrorAndTwiceInOneIsOnce) {
  Shelf twice("b,a.ndjson,v\nb,b.ndjson,\nb,a.ndjson,v\n");
  const auto found = Found(twice);
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_EQ(found->files.size(), 2U);
  Shelf two("b,a.ndjson,v\nb,b.ndjson,\nb,a.ndjson,w\n");
  EXPECT_THAT(Found(two).error().what, HasSubstr("a.ndjson in two versions, v and w"));
}

TEST(Manifest, APathThatIsNotAllowedIsRefused) {
  Shelf shelf("\"/etc/passwd.ndjson\"\n");
  const auto found = DiscoverManifest(
      shelf,
      {.manifest = "/m",
       .check_path = [](const std::string&) { return Result<void>(Fatal("not below the root")); }},
      {}, {}, {});
  EXPECT_THAT(found.error().what, HasSubstr("not below the root"));
  EXPECT_EQ(found.error().where, "/m:1");
}

}  // namespace
}  // namespace reprocess
