#include "model/checkpoint.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "model/key.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

Counters CountersFrom(std::uint64_t first) {
  Counters counters{first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, {}};
  for (auto& count : counters.by_reason) count = ++first * 1'000;
  return counters;
}

// Every field has a value of its own, so that no two can be mixed up unseen.
Checkpoint Sample() {
  Checkpoint c;
  c.state = ShardState::kFinishedWithFailures;
  c.owner = "0123456789abcdef";
  c.generation = 7;
  c.fingerprint = "fedcba9876543210";
  c.pass = Pass::kRetry;
  c.list_position = 31;
  c.place = {88'400, 1'042, {4'096, 65'536}, {17, 18, 19, 20}};
  c.version_hash = "00112233aabbccdd";
  c.uncounted_bytes = 12;
  c.processed_files = 3;
  c.processed_bytes = 652'000'000;
  c.failed_files = 2;
  c.shard = CountersFrom(100);
  c.file = CountersFrom(200);
  return c;
}

Checkpoint Largest() {
  Checkpoint c;
  c.state = ShardState::kFinishedWithFailures;
  c.owner = std::string(64, 'w');
  c.generation = kMost;
  c.fingerprint = c.version_hash = std::string(16, 'f');
  c.pass = Pass::kRetry;
  c.list_position = std::numeric_limits<int>::max();
  c.place = {kMost, kMost, {kMost, kMost}, {kMost, kMost, kMost, kMost}};
  c.uncounted_bytes = c.processed_files = c.processed_bytes = c.failed_files = kMost;
  c.shard = {kMost, kMost, kMost, kMost, kMost, kMost, kMost, {}};
  c.shard.by_reason.fill(kMost);
  c.file = c.shard;
  return c;
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// `text` without its checksum, changed, and sealed again: damage that the checksum cannot tell.
std::string Resealed(std::string text, std::string_view from, std::string_view to) {
  text.resize(text.rfind(' '));
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return text + " " + HashText(text);
}

TEST(Checkpoint, ReadsBackWhatWasWritten) {
  for (const Checkpoint& checkpoint : {Checkpoint(), Sample(), Largest()}) {
    for (const std::size_t padded_to : {std::size_t{0}, std::size_t{10}, kMaxCheckpointBytes}) {
      const auto read = Decode(Encode(checkpoint, padded_to));
      ASSERT_TRUE(read) << read.error().ToString();
      EXPECT_EQ(*read, checkpoint);
    }
  }
}

// As a build wrote it that knew rp1 alone.
constexpr std::string_view kRecorded[] = {
    "rp1 state=finished_with_failures owner=0123456789abcdef generation=7 fingerprint=fedcba98765"
    "43210 pass=retry file=31 byte=88400 line=1042 frame_at=4096 frame_byte=65536 version=0011223"
    "3aabbccdd uncounted=12 files=3 files_bytes=652000000 failed=2 s.lines=100 s.bytes=101 s.sent"
    "=102 s.sent_bytes=103 s.skipped_bytes=104 s.error_bytes=105 s.not_utf8=106 s.reasons=101000,"
    "102000,103000,104000,105000,106000,107000,108000,109000,110000,111000,112000 f.lines=200 f.b"
    "ytes=201 f.sent=202 f.sent_bytes=203 f.skipped_bytes=204 f.error_bytes=205 f.not_utf8=206 f."
    "reasons=201000,202000,203000,204000,205000,206000,207000,208000,209000,210000,211000,212000 "
    "3227f789c8ca5959",
    "rp1 state=running owner= generation=0 fingerprint= pass=first file=0 byte=0 line=0 frame_at="
    "0 frame_byte=0 version= uncounted=0 files=0 files_bytes=0 failed=0 s.lines=0 s.bytes=0 s.sen"
    "t=0 s.sent_bytes=0 s.skipped_bytes=0 s.error_bytes=0 s.not_utf8=0 s.reasons=0,0,0,0,0,0,0,0,"
    "0,0,0,0 f.lines=0 f.bytes=0 f.sent=0 f.sent_bytes=0 f.skipped_bytes=0 f.error_bytes=0 f.not_"
    "utf8=0 f.reasons=0,0,0,0,0,0,0,0,0,0,0,0 2d41ec6c32ecb13d",
    "rp1 state=running owner=ab generation=1 fingerprint=00000000000000ff pass=first file=0 byte="
    "0 line=0 frame_at=0 frame_byte=0 version= uncounted=0 files=0 files_bytes=0 failed=0 s.lines"
    "=0 s.bytes=0 s.sent=0 s.sent_bytes=0 s.skipped_bytes=0 s.error_bytes=0 s.not_utf8=0 s.reason"
    "s=0,0,0,0,0,0,0,0,0,0,0,0 f.lines=0 f.bytes=0 f.sent=0 f.sent_bytes=0 f.skipped_bytes=0 f.er"
    "ror_bytes=0 f.not_utf8=0 f.reasons=0,0,0,0,0,0,0,0,0,0,0,0 pad=xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx b498477beb3f7961"};

TEST(Checkpoint, WhatEarlierBuildsWroteIsReadForEver) {
  Checkpoint sample = Sample();
  sample.place.hash = {};
  sample.shard[Reason::kConnection] = sample.file[Reason::kConnection] = 0;
  const auto read = Decode(kRecorded[0]);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(*read, sample);
  for (const std::string_view text : kRecorded) {
    ASSERT_TRUE(Decode(text));
    EXPECT_EQ(Encode(*Decode(text), text.size()), text) << "it stays as it is";
  }
}

// … and one that knew a prefix's hash, and twelve reasons.
constexpr std::string_view kRecordedRp2 =
    "rp2 state=finished_with_failures owner=0123456789abcdef generation=7 fingerprint=fedcba98765"
    "43210 pass=retry file=31 byte=88400 line=1042 frame_at=4096 frame_byte=65536 version=0011223"
    "3aabbccdd uncounted=12 files=3 files_bytes=652000000 failed=2 s.lines=100 s.bytes=101 s.sent"
    "=102 s.sent_bytes=103 s.skipped_bytes=104 s.error_bytes=105 s.not_utf8=106 s.reasons=101000,"
    "102000,103000,104000,105000,106000,107000,108000,109000,110000,111000,112000 f.lines=200 f.b"
    "ytes=201 f.sent=202 f.sent_bytes=203 f.skipped_bytes=204 f.error_bytes=205 f.not_utf8=206 f."
    "reasons=201000,202000,203000,204000,205000,206000,207000,208000,209000,210000,211000,212000 "
    "hash=17 hash_from=18 tail=19 tail_hash=20 ";

TEST(Checkpoint, AReasonThatWasAppendedIsWrittenWhereItCountsSomethingAndNowhereElse) {
  Checkpoint before = Sample();
  before.shard[Reason::kConnection] = before.file[Reason::kConnection] = 0;
  const std::string recorded =
      std::string(kRecordedRp2) + HashText(kRecordedRp2.substr(0, kRecordedRp2.size() - 1));
  EXPECT_EQ(Encode(before), recorded);
  EXPECT_EQ(Decode(recorded).value(), before);
  before.place.hash = {};
  EXPECT_EQ(Encode(before), kRecorded[0]) << "a shard begun as rp1 stays so";
  before.shard[Reason::kConnection] = 113'000;
  const std::string after = Encode(before);
  EXPECT_TRUE(after.starts_with("rp2 "));
  EXPECT_NE(after.find("111000,112000,113000 f.lines"), std::string::npos) << after;
  EXPECT_NE(after.find("211000,212000 "), std::string::npos) << after;
  EXPECT_EQ(Decode(after).value(), before);
}

TEST(Checkpoint, IsOfTheNewerFormatOnlyWhereANewerFieldSaysSomething) {
  Checkpoint checkpoint = Sample();
  EXPECT_TRUE(Encode(checkpoint).starts_with("rp2 "));
  checkpoint.shard[Reason::kConnection] = checkpoint.file[Reason::kConnection] = 0;
  checkpoint.place.hash = {};
  EXPECT_TRUE(Encode(checkpoint).starts_with("rp1 "));
  checkpoint.place.hash.value = 0;
  EXPECT_TRUE(Encode(checkpoint).starts_with("rp2 "));
  EXPECT_EQ(Decode(Encode(checkpoint)).value(), checkpoint);
}

TEST(Checkpoint, EveryStateAndPassReadsBack) {
  for (const auto state :
       {ShardState::kRunning, ShardState::kFinishedWithFailures, ShardState::kComplete}) {
    for (const auto pass : {Pass::kFirst, Pass::kRetry}) {
      Checkpoint checkpoint = Sample();
      checkpoint.state = state;
      checkpoint.pass = pass;
      EXPECT_EQ(Decode(Encode(checkpoint)).value(), checkpoint);
    }
  }
}

TEST(Checkpoint, TheLargestFitsAndEveryTextIsPrintable) {
  constexpr std::size_t kLaterReasons = 2 * (16 - kReasonCount) * 21;  // 16 is the most
  EXPECT_LE(Encode(Largest()).size() + kLaterReasons, kMaxCheckpointBytes);
  for (const Checkpoint& checkpoint : {Checkpoint(), Sample(), Largest()}) {
    EXPECT_TRUE(IsPrintable(Encode(checkpoint)));
    EXPECT_TRUE(IsPrintable(Encode(checkpoint, kMaxCheckpointBytes)));
  }
}

TEST(Checkpoint, IsPaddedToTheByte) {
  for (const Checkpoint& checkpoint : {Checkpoint(), Sample(), Largest()}) {
    EXPECT_EQ(Encode(checkpoint, kMaxCheckpointBytes).size(), kMaxCheckpointBytes);
  }
  const std::size_t bare = Encode(Sample()).size();
  for (std::size_t size = bare - 2; size < bare + 40; ++size) {
    const std::string text = Encode(Sample(), size);
    EXPECT_EQ(text.size(), size > bare + 5 ? size : bare);
    EXPECT_EQ(Decode(text).value(), Sample()) << size;
  }
}

TEST(Checkpoint, CutAnywhereItIsRefused) {
  for (const std::string& text : {Encode(Sample()), Encode(Sample(), 2'000)}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_FALSE(Decode(text.substr(0, size))) << size;
      EXPECT_FALSE(Decode(text.substr(text.size() - size))) << size;
      EXPECT_FALSE(Decode(text.substr(0, size) + text.substr(size + 1))) << size;
    }
    EXPECT_FALSE(Decode(text + " "));
    EXPECT_FALSE(Decode(text + "0"));
    EXPECT_FALSE(Decode(text + text));
  }
}

TEST(Checkpoint, AlteredAnywhereItIsRefused) {
  for (const std::string& text : {Encode(Sample()), Encode(Sample(), 2'000)}) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (const char other :
           {'0', '1', '9', 'a', 'f', 'A', 'x', ' ', '=', ',', '.', '\0', '\xEF'}) {
        if (other == text[at]) continue;
        std::string altered = text;
        altered[at] = other;
        EXPECT_FALSE(Decode(altered)) << "byte " << at << " to " << other;
      }
    }
  }
}

TEST(Checkpoint, UnderARightChecksumOnlyWhatEncodeWritesIsRead) {
  const std::string text = Encode(Sample());
  EXPECT_TRUE(Decode(Resealed(text, " byte=88400", " byte=88401")));
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"rp2", "rp1"},
      {"rp2", "rp3"},
      {"rp2", "rp2x"},
      {" hash_from=18", " hash_from=0"},
      {" hash=17", " hash="},
      {" hash=17 hash_from=18", " hash_from=18 hash=17"},
      {" byte=88400", ""},
      {" byte=88400", " byte=88400 byte=88400"},
      {" byte=88400", " byte="},
      {" byte=88400", " byte=088400"},
      {" byte=88400", " byte=-1"},
      {" byte=88400", " byte=+1"},
      {" byte=88400", " byte=1e3"},
      {" byte=88400", " byte=0x10"},
      {" byte=88400", " byte=18446744073709551616"},
      {" byte=88400", "  byte=88400"},
      {" byte=88400", " Byte=88400"},
      {" byte=88400 line=1042", " line=1042 byte=88400"},
      {" file=31", " file=2147483648"},
      {"=finished_with_failures", "=finished"},
      {"=finished_with_failures", "="},
      {"pass=retry", "pass=third"},
      {"s.reasons=101000,102000,", "s.reasons="},
      {"s.reasons=101000,", "s.reasons=1,101000,"},
      {"s.reasons=101000,", "s.reasons=,"},
      {"f.reasons=201000,", "f.reasons=201000,,"},
  };
  for (const auto& [from, to] : rows) {
    EXPECT_FALSE(Decode(Resealed(text, from, to))) << from << " to " << to;
  }
  for (const std::string_view end : {" ", " extra=1", " pad=", " pad=y", " pad=xx extra=1"}) {
    std::string longer = text.substr(0, text.rfind(' ')) + std::string(end);
    EXPECT_FALSE(Decode(longer + " " + HashText(longer))) << end;
  }
}

TEST(Checkpoint, ARefusalNamesTheRemedy) {
  for (const std::string_view text : {"", "offset of another program", "rp1 state=running"}) {
    const auto read = Decode(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().remedy, Remedy::kStop);
    EXPECT_TRUE(read.error().what.starts_with("read checkpoint: ")) << read.error().what;
    EXPECT_NE(read.error().hint.find("reprocess reset"), std::string::npos);
  }
}

}  // namespace
}  // namespace reprocess
