// What replay/ and plan/ may rely on, wherever the objects are.
#include <algorithm>
#include <cstring>
#include <ostream>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/storage/storage_world.h"
#include "model/key.h"

namespace reprocess::test {
namespace {

struct Kind {
  const char* name;
  WorldMaker make;
  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

// Bytes of no period that a part could hide.
std::string Bytes(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

struct Taken {
  std::string bytes;
  std::optional<Error> error;  // that ended it
};

// Whether there may be more.
bool ReadOnce(ByteSource& source, std::string& piece, Taken& taken) {
  const auto read = source.Read(piece);
  if (!read) taken.error = read.error();
  if (!read || *read == 0) return false;
  taken.bytes.append(piece, 0, *read);
  return true;
}

Taken Take(ByteSource& source, std::size_t chunk = 50'000) {
  Taken taken;
  std::string piece(chunk, '\0');
  while (ReadOnce(source, piece, taken)) {
  }
  return taken;
}

// A difference is said in one line, not as two screens of bytes.
void ExpectBytes(const Taken& taken, std::string_view expected) {
  EXPECT_FALSE(taken.error) << taken.error->ToString();
  EXPECT_EQ(taken.bytes.size(), expected.size());
  EXPECT_TRUE(taken.bytes == expected) << "some byte differs";
}

class StorageContract : public testing::TestWithParam<Kind> {
 protected:
  FileItem Item(std::string_view name) const {
    FileItem item;
    item.path = world_->Path(name);
    return item;
  }
  Result<OpenedObject> Open(std::string_view name, std::uint64_t offset = 0,
                            std::string_view pinned = {}) {
    return storage_->Open(Item(name), offset, pinned, {});
  }
  void ExpectContent(std::string_view name, std::string_view expected, std::uint64_t offset = 0) {
    const auto object = Open(name, offset);
    ASSERT_TRUE(object) << object.error().ToString();
    EXPECT_EQ(object->size, offset + expected.size());
    ExpectBytes(Take(*object->bytes), expected);
  }
  std::vector<std::string> Names(std::string_view below) {
    std::vector<std::string> names;
    const auto found = storage_->List(world_->Path(below));
    EXPECT_TRUE(found) << found.error().ToString();
    if (!found) return names;
    const std::string root = world_->Path("");
    for (const ListedObject& object : *found) {
      EXPECT_TRUE(object.path.starts_with(root)) << object.path;
      names.push_back(object.path.substr(root.size()));
    }
    return names;
  }

  const std::unique_ptr<StorageWorld> world_ = GetParam().make();
  const std::unique_ptr<Storage> storage_ = world_->Make();
};

TEST_P(StorageContract, AnObjectOfAnySizeIsReadByteForByte) {
  for (const std::size_t size :
       {std::size_t{1}, kPartBytes - 1, kPartBytes, kPartBytes + 1, 10 * kPartBytes + 17}) {
    SCOPED_TRACE(size);
    const std::string bytes = Bytes(size);
    world_->Put("a", bytes);
    ExpectContent("a", bytes);
  }
}

// Chunks as far as they come, `between` bytes read before each.
Taken TakeChunks(ByteSource& source, std::size_t room, std::size_t between) {
  Taken taken;
  std::string piece(between == 0 ? 10'000 : between, '\0');
  for (;;) {
    const auto chunk = source.Take(room);
    if (!chunk) {
      taken.error = chunk.error();
      return taken;
    }
    if (chunk->buffer) {
      EXPECT_GE(chunk->begin, room);
      taken.bytes.append(chunk->buffer->data() + chunk->begin, chunk->end - chunk->begin);
      std::memset(chunk->buffer->data(), '!', chunk->buffer->capacity());  // it is ours
      if (between == 0) continue;
    }
    if (!ReadOnce(source, piece, taken)) return taken;
  }
}

TEST_P(StorageContract, BytesThatAreGivenAwayAreThoseThatAreRead) {
  for (const std::size_t size : {std::size_t{1}, kPartBytes, 10 * kPartBytes + 17}) {
    const std::string bytes = Bytes(size);
    world_->Put("a", bytes);
    for (const std::size_t room : {std::size_t{0}, std::size_t{1000}, 2 * kPartBytes}) {
      for (const std::size_t between : {0UZ, 1000UZ, 7001UZ}) {
        SCOPED_TRACE(fmt::format("{} bytes, room for {}, {} between", size, room, between));
        const auto object = Open("a");
        ASSERT_TRUE(object) << object.error().ToString();
        ExpectBytes(TakeChunks(*object->bytes, room, between), bytes);
      }
    }
  }
}

TEST_P(StorageContract, AnEmptyObjectIsReadToItsEndAtOnce) {
  world_->Put("empty", "");
  const auto object = Open("empty");
  ASSERT_TRUE(object) << object.error().ToString();
  EXPECT_EQ(object->size, 0);
  EXPECT_FALSE(object->version_tag.empty());
  ExpectBytes(Take(*object->bytes), "");
}

TEST_P(StorageContract, ReadingBeginsAtAnyByteAndTheEndIsOneOfThem) {
  const std::string bytes = Bytes(3 * kPartBytes + 5);
  world_->Put("a", bytes);
  for (const std::uint64_t offset : {std::uint64_t{1}, kPartBytes - 1, kPartBytes, kPartBytes + 1,
                                     2 * kPartBytes + 1'000, bytes.size() - 1, bytes.size()}) {
    SCOPED_TRACE(offset);
    ExpectContent("a", std::string_view(bytes).substr(offset), offset);
  }
}

TEST_P(StorageContract, ReadsOfAnySizeGiveTheSameBytes) {
  const std::string bytes = Bytes(kPartBytes + 100);
  world_->Put("a", bytes);
  for (const std::size_t chunk : {1UZ, 7UZ, 4'096UZ, 1'000'000UZ}) {
    SCOPED_TRACE(chunk);
    const auto object = Open("a");
    ASSERT_TRUE(object);
    ExpectBytes(Take(*object->bytes, chunk), bytes);
  }
}

TEST_P(StorageContract, TheEndStaysTheEnd) {
  world_->Put("a", "abc");
  const auto object = Open("a");
  ASSERT_TRUE(object);
  ExpectBytes(Take(*object->bytes), "abc");
  ExpectBytes(Take(*object->bytes), "");
}

TEST_P(StorageContract, SeveralObjectsAreReadSideBySide) {
  std::vector<std::string> contents;
  std::vector<OpenedObject> objects;
  for (std::uint32_t i = 0; i < 5; ++i) {
    contents.push_back(Bytes(3 * kPartBytes + i, i));
    world_->Put(fmt::format("{}", i), contents.back());
    auto object = Open(fmt::format("{}", i));
    ASSERT_TRUE(object) << object.error().ToString();
    objects.push_back(*std::move(object));
  }
  for (std::size_t i = objects.size(); i-- > 0;) ExpectBytes(Take(*objects[i].bytes), contents[i]);
}

const char* const kAwkwardNames[] = {
    " space at both ends ",
    "plus+plus",
    "percent%",
    "encoded%20%2F%25",
    "unicode-\xC3\xA4\xC3\xB6-\xE6\x97\xA5\xE6\x9C\xAC-\xF0\x9F\x98\x80",
    "decomposed-e\xCC\x81",
    "equals=a&b=c",
    "question?x=1",
    "hash#fragment",
    "semi;colon:comma,",
    "quote'\"double",
    "brackets[1](2){3}<4>",
    "tilde~star*bang!dollar$at@",
    "back\\slash^caret`tick|pipe",
    "deep/er/and/deeper",
    "dots...",
    "-leading-dash",
};

TEST_P(StorageContract, AwkwardNamesAreListedAndReadAsTheyStand) {
  for (const std::string name : kAwkwardNames) world_->Put(name, "in " + name);
  std::vector<std::string> expected(std::begin(kAwkwardNames), std::end(kAwkwardNames));
  std::ranges::sort(expected);
  EXPECT_EQ(Names(""), expected);
  for (const std::string name : kAwkwardNames) {
    SCOPED_TRACE(name);
    ExpectContent(name, "in " + name);
    EXPECT_EQ(Names(name), std::vector{name});
  }
}

TEST_P(StorageContract, WhatIsNotThereSaysSo) {
  world_->Put("there", "x");
  const auto object = Open("gone");
  ASSERT_FALSE(object);
  const auto list = storage_->List(world_->Path("gone"));
  ASSERT_FALSE(list);
  for (const Error& error : {object.error(), list.error()}) {
    EXPECT_EQ(error.code, Code::kNotFound) << error.ToString();
    EXPECT_EQ(error.remedy, Remedy::kCount) << error.ToString();
    EXPECT_EQ(error.where, world_->Path("gone"));
  }
}

TEST_P(StorageContract, WithoutTheRightToReadItSaysSo) {
  world_->Put("a", "x");
  world_->AsStranger([&](Storage& stranger) {
    const auto object = stranger.Open(Item("a"), 0, {}, {});
    const auto list = stranger.List(world_->Path(""));
    ASSERT_FALSE(object);
    ASSERT_FALSE(list) << "a shorter list would lose objects silently";
    for (const Error& error : {object.error(), list.error()}) {
      EXPECT_EQ(error.code, Code::kNotAuthorized) << error.ToString();
      EXPECT_EQ(error.remedy, Remedy::kCount) << error.ToString();
      EXPECT_FALSE(error.hint.empty()) << error.ToString();
    }
  });
}

// The old bytes whole, or those that came before the error: never one of the new.
void ExpectOldVersion(const Taken& taken, std::string_view old) {
  EXPECT_TRUE(old.starts_with(taken.bytes)) << "some byte is not of the old version";
  if (taken.error) {
    EXPECT_EQ(taken.error->code, Code::kChanged) << taken.error->ToString();
    EXPECT_EQ(taken.error->remedy, Remedy::kCount) << taken.error->ToString();
  } else {
    EXPECT_EQ(taken.bytes.size(), old.size());
  }
}

TEST_P(StorageContract, AnObjectReplacedAfterOpeningGivesNoByteOfTheNewVersion) {
  const std::string old = Bytes(20 * kPartBytes, 1);
  for (const std::string& now :
       {Bytes(20 * kPartBytes, 2), Bytes(5, 3), Bytes(40 * kPartBytes, 4)}) {
    for (const std::size_t before : {0UZ, 100UZ, std::size_t{kPartBytes}, old.size() - 1}) {
      SCOPED_TRACE(fmt::format("{} bytes after {}", now.size(), before));
      world_->Put("a", old);
      const auto object = Open("a");
      ASSERT_TRUE(object) << object.error().ToString();
      Taken taken;
      std::string piece(1'000, '\0');
      while (taken.bytes.size() < before) {
        const auto read = object->bytes->Read(
            std::span(piece).first(std::min(piece.size(), before - taken.bytes.size())));
        ASSERT_TRUE(read) << read.error().ToString();
        taken.bytes.append(piece, 0, *read);
      }
      world_->Put("a", now);
      Taken rest = Take(*object->bytes);
      taken.bytes += rest.bytes;
      taken.error = std::move(rest.error);
      ExpectOldVersion(taken, old);
      if (before < old.size() / 2) {
        EXPECT_TRUE(taken.error) << "so much is not under way at once";
      }
    }
  }
}

TEST_P(StorageContract, APinnedObjectOpensInThatVersionAlone) {
  const std::string old = Bytes(3 * kPartBytes, 1);
  for (const std::string& now : {Bytes(3 * kPartBytes, 2), Bytes(10, 3), std::string()}) {
    SCOPED_TRACE(now.size());
    world_->Put("a", old);
    const auto first = Open("a");
    ASSERT_TRUE(first) << first.error().ToString();
    const std::string pin = HashText(first->version_tag);
    for (const std::uint64_t offset :
         {std::uint64_t{0}, kPartBytes + 1, std::uint64_t{old.size()}}) {
      const auto same = Open("a", offset, pin);
      ASSERT_TRUE(same) << same.error().ToString();
      EXPECT_EQ(same->version_tag, first->version_tag);
      ExpectBytes(Take(*same->bytes), std::string_view(old).substr(offset));
    }
    world_->Put("a", now);
    for (const std::uint64_t offset :
         {std::uint64_t{0}, kPartBytes + 1, std::uint64_t{old.size()}}) {
      SCOPED_TRACE(offset);
      const auto other = Open("a", offset, pin);
      ASSERT_FALSE(other);
      EXPECT_EQ(other.error().code, Code::kChanged) << other.error().ToString();
      EXPECT_EQ(other.error().remedy, Remedy::kCount);
      EXPECT_EQ(other.error().where, world_->Path("a"));
    }
    ExpectContent("a", now);
  }
}

TEST_P(StorageContract, MoreThanAThousandObjectsAreListedWholeAndSortedByTheirBytes) {
  std::vector<std::string> names;
  for (int i = 0; i < 1'100; ++i) names.push_back(fmt::format("many/{:05}", i * 7919 % 99'991));
  for (const std::string& name : names) world_->Put(name, "x");
  std::ranges::sort(names);
  EXPECT_EQ(Names(""), names);
  for (const char* name : {"b", "a/z", "a.b", "a/b/c", "\xC3\xA4", "Z", "a-", ".hidden"}) {
    world_->Put(name, "x");
    names.emplace_back(name);
  }
  std::ranges::sort(names);
  EXPECT_EQ(Names(""), names);
  EXPECT_EQ(Names("a/"), (std::vector<std::string>{"a/b/c", "a/z"}));
}

TEST_P(StorageContract, TheListOfOneObjectIsThatOneAsOpenFindsIt) {
  world_->Put("a.ndjson", "12345");
  world_->Put("a.ndjson.2", "x");
  const auto list = storage_->List(world_->Path("a.ndjson"));
  ASSERT_TRUE(list) << list.error().ToString();
  ASSERT_EQ(list->size(), 1);
  const auto object = Open("a.ndjson");
  ASSERT_TRUE(object);
  EXPECT_EQ(list->front().path, world_->Path("a.ndjson"));
  EXPECT_EQ(list->front().size, 5);
  EXPECT_EQ(list->front().version_tag, object->version_tag);
  EXPECT_EQ(list->front().archived, "");
  EXPECT_GT(list->front().last_modified, WallTime(std::chrono::seconds(1'600'000'000)));
}

TEST_P(StorageContract, PrefetchChangesNothing) {
  const std::string first = Bytes(5 * kPartBytes, 1), second = Bytes(5 * kPartBytes, 2);
  world_->Put("1", first);
  world_->Put("2", second);
  ExpectContent("1", first);
  storage_->Prefetch(Item("2"));
  ExpectContent("2", second);
  storage_->Prefetch(Item("2"));
  storage_->Prefetch(Item("2"));
  ExpectContent("1", first);
  storage_->Prefetch(Item("gone"));
  storage_->Prefetch(Item(""));
  ExpectContent("2", second, 0);
  storage_->Prefetch(Item("2"));
  ExpectContent("2", std::string_view(second).substr(100), 100);
  storage_->Prefetch(Item("gone"));
  const auto gone = Open("gone");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::kNotFound) << gone.error().ToString();
}

TEST_P(StorageContract, AnObjectReplacedAfterItsPrefetchComesInOneVersion) {
  const std::string old = Bytes(5 * kPartBytes, 1), now = Bytes(5 * kPartBytes, 2);
  world_->Put("1", "x");
  world_->Put("2", old);
  ExpectContent("1", "x");
  storage_->Prefetch(Item("2"));
  world_->Put("2", now);
  const auto object = Open("2");
  if (!object) {
    EXPECT_EQ(object.error().code, Code::kChanged) << object.error().ToString();
    return;
  }
  const Taken taken = Take(*object->bytes);
  ExpectOldVersion(taken, taken.bytes.starts_with(now.substr(0, 100)) ? now : old);
}

TEST_P(StorageContract, ASourceThatGoesAwayEarlyDisturbsNoOther) {
  const std::string bytes = Bytes(10 * kPartBytes);
  world_->Put("a", bytes);
  for (int i = 0; i < 20; ++i) {
    const auto object = Open("a");
    ASSERT_TRUE(object) << object.error().ToString();
    std::string piece(static_cast<std::size_t>(i) * 10'000 + 1, '\0');
    ASSERT_TRUE(object->bytes->Read(piece));
  }
  ExpectContent("a", bytes);
}

std::string NameOfKind(const testing::TestParamInfo<Kind>& kind) {
  return kind.param.name;
}
INSTANTIATE_TEST_SUITE_P(Storages, StorageContract,
                         testing::Values(Kind{"Local", LocalWorld}, Kind{"S3", S3World}),
                         NameOfKind);

}  // namespace
}  // namespace reprocess::test
