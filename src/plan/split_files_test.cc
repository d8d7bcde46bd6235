#include "plan/split_files.h"

#include <map>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

class Bytes final : public ByteSource {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> Read(std::span<char> out) override {
    const std::size_t count = std::min(out.size(), bytes_.size());
    bytes_.copy(out.data(), count);
    bytes_.erase(0, count);
    return count;
  }

 private:
  std::string bytes_;
};

class Shelf final : public Storage {
 public:
  Result<OpenedObject> Open(const FileItem& item, std::uint64_t, std::string_view,
                            const std::stop_token&) override {
    const auto found = first_bytes.find(item.path);
    if (found == first_bytes.end()) return Fatal("open: no such file");
    return OpenedObject{std::make_unique<Bytes>(found->second), "v", item.size};
  }
  Result<std::vector<ListedObject>> List(std::string_view) override {
    return std::vector<ListedObject>{};
  }
  std::map<std::string, std::string> first_bytes;
};

PlannedFile File(std::string path, std::uint64_t size) {
  PlannedFile file;
  file.item.path = std::move(path);
  file.item.size = size;
  return file;
}

struct Part {
  std::string path;
  std::uint64_t offset;
  std::optional<std::uint64_t> length;
  bool operator==(const Part&) const = default;
};

std::vector<Part> Split(const std::vector<PlannedFile>& files, int shards,
                        std::uint64_t least = 1) {
  Shelf shelf;
  shelf.first_bytes = {{"plain", "{\"a\":1}\n"}, {"gzip", "\x1f\x8b\x08"}, {"small", "{}"}};
  std::vector<Part> parts;
  for (const auto& file : SplitFiles(shelf, PlannedFiles(files), shards, least, {})) {
    parts.push_back({file.item.path, file.item.offset, file.item.length});
  }
  return parts;
}

TEST(SplitFiles, ABigPlainFileIsCutIntoASharePerShard) {
  EXPECT_EQ(Split({File("plain", 1001)}, 3),
            (std::vector<Part>{{"plain", 0, 333}, {"plain", 333, 333}, {"plain", 666, 335}}));
}

TEST(SplitFiles, PartsArePinnedToTheVersionThatWasFound) {
  Shelf shelf;
  shelf.first_bytes = {{"plain", "{}\n"}};
  PlannedFile file = File("plain", 100);
  file.version_tag = "tag";
  for (const auto& part : SplitFiles(shelf, {file}, 3, 1, {})) EXPECT_EQ(part.item.etag, "tag");
  for (const auto& whole : SplitFiles(shelf, {file}, 1, 1, {})) EXPECT_EQ(whole.item.etag, "");
}

TEST(SplitFiles, WhatIsNoLargerThanAShareStaysWhole) {
  EXPECT_EQ(Split({File("small", 100), File("plain", 300)}, 2),
            (std::vector<Part>{{"small", 0, {}}, {"plain", 0, 150}, {"plain", 150, 150}}));
  EXPECT_EQ(Split({File("plain", 300)}, 1), (std::vector<Part>{{"plain", 0, {}}}));
}

TEST(SplitFiles, CompressedAndUnreadableFilesStayWhole) {
  EXPECT_EQ(Split({File("gzip", 1000)}, 4), (std::vector<Part>{{"gzip", 0, {}}}));
  EXPECT_EQ(Split({File("gone", 1000)}, 4), (std::vector<Part>{{"gone", 0, {}}}));
}

TEST(SplitFiles, AShareIsAtLeastTheLeast) {
  EXPECT_EQ(Split({File("plain", 1000)}, 10, 600),
            (std::vector<Part>{{"plain", 0, 500}, {"plain", 500, 500}}));
}

}  // namespace
}  // namespace reprocess
