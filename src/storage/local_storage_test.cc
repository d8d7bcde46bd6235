#include "storage/local_storage.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/key.h"
#include "storage/make_storage.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;

// Root may read everything: where the tests run as root, they are someone else for a while.
class NotRoot {
 public:
  NotRoot() {
    if (user_ == 0) {
      EXPECT_EQ(::seteuid(kNobody), 0);
    }
  }
  ~NotRoot() {
    if (user_ == 0) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  NotRoot(const NotRoot&) = delete;
  NotRoot& operator=(const NotRoot&) = delete;
  void AsBefore(const std::function<void()>& act) const {
    EXPECT_EQ(::seteuid(user_), 0);
    act();
    if (user_ == 0) {
      EXPECT_EQ(::seteuid(kNobody), 0);
    }
  }

 private:
  static constexpr uid_t kNobody = 65534;
  const uid_t user_ = ::geteuid();
};

class LocalStorageTest : public testing::Test {
 protected:
  LocalStorageTest() {
    std::string pattern = (fs::temp_directory_path() / "local_storage_XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~LocalStorageTest() override {
    fs::permissions(root_, fs::perms::owner_all);
    fs::remove_all(root_);
  }

  std::string Path(std::string_view name) const { return root_ + "/" + std::string(name); }
  std::string Write(std::string_view name, std::string_view bytes) const {
    std::string path = Path(name);
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Result<OpenedObject> Open(std::string path, std::uint64_t offset = 0,
                            std::string_view pinned = {}) const {
    FileItem item;
    item.path = std::move(path);
    return storage_->Open(item, offset, pinned, {});
  }
  static void SetModified(const std::string& path, std::int64_t nanoseconds) {
    const timespec time{1'700'000'000, nanoseconds};
    const timespec times[] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  std::vector<std::string> Names(std::string_view path) const {
    std::vector<std::string> names;
    const auto found = storage_->List(path);
    EXPECT_TRUE(found) << found.error().ToString();
    if (!found) return names;
    for (const ListedObject& object : *found) {
      EXPECT_TRUE(object.path.starts_with(root_ + "/"));
      names.push_back(object.path.substr(root_.size() + 1));
    }
    return names;
  }

  std::string root_;
  std::unique_ptr<Storage> storage_ = MakeLocalStorage();
};

Result<std::string> ReadAll(OpenedObject& object, std::size_t chunk) {
  std::string all, piece(chunk, '\0');
  for (;;) {
    TRY(const std::size_t bytes, object.bytes->Read(piece));
    if (bytes == 0) return all;
    all.append(piece, 0, bytes);
  }
}

TEST_F(LocalStorageTest, AFileIsReadFromAnyByteToItsEnd) {
  const std::string path = Write("a.ndjson", "0123456789");
  for (const std::size_t chunk : {1UZ, 3UZ, 10UZ, 100UZ}) {
    for (std::uint64_t offset = 0; offset <= 10; ++offset) {
      auto object = Open(path, offset);
      ASSERT_TRUE(object);
      EXPECT_EQ(object->size, 10);
      EXPECT_EQ(ReadAll(*object, chunk),
                std::string("0123456789").substr(static_cast<std::size_t>(offset)));
    }
  }
}

TEST_F(LocalStorageTest, TheVersionIsSizeAndModificationTimeToTheNanosecond) {
  const std::string path = Write("a", "12345");
  SetModified(path, 7);
  const auto object = Open(path);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->version_tag, "5-1700000000000000007");
  const auto listed = storage_->List(path);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1);
  EXPECT_EQ(listed->front().path, path);
  EXPECT_EQ(listed->front().size, 5);
  EXPECT_EQ(listed->front().version_tag, object->version_tag);
  EXPECT_EQ(listed->front().last_modified.time_since_epoch(),
            std::chrono::microseconds(1'700'000'000'000'000));
}

TEST_F(LocalStorageTest, APinnedFileOpensAsThatVersionOnly) {
  const std::string path = Write("a", "12345");
  SetModified(path, 0);
  const std::string pinned = HashText(Open(path)->version_tag);
  EXPECT_TRUE(Open(path, 2, pinned));
  SetModified(path, 1);
  const auto touched = Open(path, 2, pinned);
  ASSERT_FALSE(touched);
  EXPECT_EQ(touched.error().code, Code::kChanged);
  EXPECT_EQ(touched.error().where, path);
  EXPECT_TRUE(Open(path, 2)) << "without a pin any version will do";
}

TEST_F(LocalStorageTest, AFileThatChangesUnderTheReaderIsAnErrorNotData) {
  using Change = std::function<void(const std::string&)>;
  const std::pair<const char*, Change> rows[] = {
      {"grows", [](const auto& path) { std::ofstream(path, std::ios::app) << "more"; }},
      {"shrinks", [](const auto& path) { fs::resize_file(path, 3); }},
      {"is rewritten", [](const auto& path) { SetModified(path, 1); }},
  };
  for (const auto& [what, change] : rows) {
    for (const std::size_t before : {0UZ, 5UZ, 10UZ}) {
      SCOPED_TRACE(testing::Message() << what << " after " << before << " bytes");
      const std::string path = Write("a", "0123456789");
      SetModified(path, 0);
      auto object = Open(path);
      ASSERT_TRUE(object);
      std::string piece(5, '\0');
      for (std::size_t at = 0; at < before; at += 5) ASSERT_EQ(object->bytes->Read(piece), 5);
      change(path);
      const auto read = object->bytes->Read(piece);
      ASSERT_FALSE(read) << "at the end too";
      EXPECT_EQ(read.error().code, Code::kChanged);
    }
  }
}

TEST_F(LocalStorageTest, AFileThatIsReplacedOrRemovedWhileReadStaysTheOneOpened) {
  const std::string path = Write("a", "old");
  auto object = Open(path);
  fs::rename(Write("b", "new content"), path);
  EXPECT_EQ(ReadAll(*object, 2), "old");
  object = Open(path);
  fs::remove(path);
  EXPECT_EQ(ReadAll(*object, 2), "new content");
}

TEST_F(LocalStorageTest, WhatCannotBeReadSaysWhy) {
  fs::create_directory(Path("dir"));
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  fs::create_symlink("nowhere", Path("dangling"));
  fs::create_symlink("loop", Path("loop"));
  const std::string file = Write("file", "");
  struct Row {
    std::string path;
    const char* what;
    Code code;
  };
  const Row rows[] = {
      {Path("dir"), "open: is a directory, not a file", Code::kOther},
      {Path("pipe"), "open: is a pipe, not a file", Code::kOther},
      {"/dev/null", "open: is a device, not a file", Code::kOther},
      {Path("gone"), "open: no such file", Code::kNotFound},
      {Path("dangling"), "open: no such file", Code::kNotFound},
      {Path("loop"), "open: its symbolic links go round in a circle", Code::kNotFound},
      {file + "/x", "open: a parent of it is not a directory", Code::kNotFound},
      {Path(std::string(300, 'n')), "open: the path is too long", Code::kNotFound},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.path);
    const auto object = Open(row.path);
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().what, row.what);
    EXPECT_EQ(object.error().where, row.path);
    EXPECT_EQ(object.error().code, row.code);
    EXPECT_EQ(object.error().remedy, Remedy::kCount);
    EXPECT_FALSE(object.error().hint.empty());
  }
  EXPECT_EQ(Open("").error().code, Code::kNotFound);
  EXPECT_EQ(Open(file + std::string("\0x", 2)).error().code, Code::kNotFound)
      << "a path is never cut at a NUL to name another file";
}

TEST_F(LocalStorageTest, WithoutTheRightToReadItSaysSo) {
  const std::string path = Write("closed/secret", "x");
  fs::permissions(path, fs::perms::none);
  fs::permissions(root_, static_cast<fs::perms>(0755));
  const NotRoot not_root;
  EXPECT_EQ(Open(path).error().code, Code::kNotAuthorized);
  not_root.AsBefore([&] { fs::permissions(Path("closed"), fs::perms::none); });
  const auto found = storage_->List(root_);
  not_root.AsBefore([&] { fs::permissions(Path("closed"), fs::perms::owner_all); });
  ASSERT_FALSE(found) << "a shorter list would lose files silently";
  EXPECT_EQ(found.error().code, Code::kNotAuthorized);
  EXPECT_EQ(found.error().where, Path("closed"));
}

TEST_F(LocalStorageTest, AListHoldsAllFilesBelowSortedByTheBytesOfTheirPaths) {
  for (const char* name : {"b", "a/z", "a.b", "a/b/c", "\xC3\xA4", "Z", "a-", ".hidden"}) {
    Write(name, "x");
  }
  fs::create_directory(Path("empty"));
  EXPECT_EQ(Names(root_), (std::vector<std::string>{".hidden", "Z", "a-", "a.b", "a/b/c", "a/z",
                                                    "b", "\xC3\xA4"}));
  EXPECT_EQ(Names(root_ + "//"), Names(root_)) << "slashes at the end name the same paths";
  EXPECT_EQ(Names(Path("a")), (std::vector<std::string>{"a/b/c", "a/z"}));
  EXPECT_TRUE(Names(Path("empty")).empty());
}

TEST_F(LocalStorageTest, LinksToFilesAreListedAndCirclesNotEntered) {
  Write("dir/file", "12345");
  fs::create_symlink("dir/file", Path("link"));
  fs::create_symlink("dir", Path("dirlink"));
  fs::create_symlink("..", Path("dir/circle"));
  fs::create_symlink("nowhere", Path("dangling"));
  EXPECT_EQ(Names(root_), (std::vector<std::string>{"dangling", "dir/file", "link"}));
  EXPECT_EQ(Names(Path("dirlink")), (std::vector<std::string>{"dirlink/file"}));
  EXPECT_EQ(storage_->List(Path("link"))->front().size, 5);
}

TEST_F(LocalStorageTest, AListOfWhatDoesNotExistIsAnError) {
  const auto found = storage_->List(Path("gone"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, "list: no such file");
  EXPECT_EQ(found.error().code, Code::kNotFound);
}

TEST_F(LocalStorageTest, WithARootNothingOutsideItIsOpenedOrListed) {
  const std::string inside = Write("root/in/a", "12345"), outside = Write("other/secret", "x");
  Write("rooted/secret", "a neighbour whose name begins like the root's");
  fs::create_symlink(Path("root/in/a"), Path("root/absolute"));
  fs::create_symlink("../other/secret", Path("root/leaves"));
  fs::create_symlink(Path("other"), Path("root/leaves_too"));
  fs::create_symlink("root", Path("another_name"));
  ASSERT_EQ(::mkfifo(Path("other/pipe").c_str(), 0600), 0);
  fs::create_symlink("../other/pipe", Path("root/pipe"));
  for (const char* root : {"root", "root/", "another_name"}) {
    SCOPED_TRACE(root);
    storage_ = MakeLocalStorage(Path(root));
    for (const char* good :
         {"root/in/a", "another_name/in/a", "root/absolute", "root/in/../in/a"}) {
      EXPECT_TRUE(Open(Path(good))) << good;
    }
    for (const char* bad : {"other/secret", "rooted/secret", "root/../other/secret", "root/leaves",
                            "root/leaves_too/secret", "root/pipe"}) {
      SCOPED_TRACE(bad);
      for (const auto& error : {Open(Path(bad)).error(), storage_->List(Path(bad)).error()}) {
        EXPECT_THAT(error.what, testing::EndsWith("it lies outside REPROCESS_LOCAL_ROOT"));
        EXPECT_EQ(error.where, Path(bad));
        EXPECT_EQ(error.remedy, Remedy::kCount);
      }
    }
    EXPECT_FALSE(storage_->List(root_)) << "nor its parent";
    EXPECT_THAT(Names(Path("root")), testing::Contains("root/in/a"));
    EXPECT_EQ(Open(Path("root/gone")).error().code, Code::kNotFound);
  }
  storage_ = MakeLocalStorage(Path("no_such_root"));
  EXPECT_EQ(Open(inside).error().what, "open REPROCESS_LOCAL_ROOT: no such file");
  storage_ = MakeLocalStorage("/");
  EXPECT_TRUE(Open(outside));
}

TEST_F(LocalStorageTest, AnS3PathGoesToTheOtherStorage) {
  const Environment disabled = [](const std::string& name) -> std::optional<std::string> {
    if (name == "AWS_EC2_METADATA_DISABLED") return "true";
    return std::nullopt;
  };
  const auto both = MakeStorage({}, disabled);
  const auto object = both->List("s3://bucket/a.ndjson");
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().what,
            "get credentials: none are configured, and instance metadata is disabled");
  EXPECT_TRUE(both->List(Path("")));
}

}  // namespace
}  // namespace reprocess
