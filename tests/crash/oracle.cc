// What a FakeWorld must hold in the end, told from the lines' letters alone.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "crash/fake_world.h"

namespace reprocess::test {
namespace {

std::string ErrorText(std::size_t file, std::uint64_t line, std::uint64_t first_byte,
                      Reason reason) {
  return fmt::format("file {} line {} byte {} {}", file, line, first_byte, NameOf(reason));
}

}  // namespace

void FakeWorld::ExpectUnreadableFrom(const std::string& path, std::size_t line) {
  unreadable_from_[path] = line - 1;
}

void FakeWorld::ExpectLimit(std::uint64_t limit) {
  config.limit = limit;
  limit_.reset();
  if (limit > 0) limit_ = limit;
}

FakeWorld::Expected FakeWorld::ExpectedOf(std::size_t file, std::uint64_t& left) const {
  const PlannedFile& planned = files_[file];
  if (left == 0) return {FileState::kNotRead, 0};
  const auto broken = unreadable_from_.find(planned.path);
  const bool breaks = broken != unreadable_from_.end();
  const std::size_t readable = breaks ? broken->second : planned.lines.size();
  for (std::size_t i = 0; i < readable; ++i) {
    if (!planned.lines[i].reason && --left == 0) return {FileState::kPartial, i + 1};
  }
  return {breaks ? FileState::kFailed : FileState::kDone, readable};
}

std::vector<std::string> FakeWorld::Sendable() const {
  std::vector<std::string> values;
  std::uint64_t left = limit_.value_or(UINT64_MAX);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::size_t lines = ExpectedOf(i, left).lines;
    for (std::size_t line = 0; line < lines; ++line) {
      const PlannedLine& planned = files_[i].lines[line];
      if (!planned.reason) values.push_back(planned.text);
    }
  }
  return values;
}

void FakeWorld::CheckExactlyOnce() const {
  std::vector<std::string> delivered = Delivered(), sendable = Sendable();
  std::ranges::sort(delivered);
  std::ranges::sort(sendable);
  EXPECT_EQ(delivered, sendable);
  for (const auto& [shard, row] : database.shards) {
    if (destination != Destination::kKafka) continue;
    EXPECT_FALSE(row.start_offsets.empty()) << "where what shard " << shard << " sent begins";
    const auto end = static_cast<std::int64_t>(broker.records.size());
    EXPECT_EQ(row.end_offsets, std::vector{end}) << "where it ends";
  }
}

void FakeWorld::CheckAtLeastOnce(std::size_t doubled) const {
  std::vector<std::string> delivered = Delivered(), sendable = Sendable();
  std::ranges::sort(delivered);
  std::ranges::sort(sendable);
  EXPECT_LE(delivered.size(), sendable.size() + doubled);
  delivered.erase(std::ranges::unique(delivered).begin(), delivered.end());
  EXPECT_EQ(delivered, sendable);
}

void FakeWorld::CheckLedgerCounts() const {
  const Checkpoint checkpoint = Committed();
  EXPECT_TRUE(checkpoint.shard.Balanced());
  std::map<Reason, std::uint64_t> counts;
  for (const auto& [key, row] : database.errors) counts[row.reason] += row.count;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (IsSkip(reason)) continue;
    EXPECT_EQ(counts[reason], checkpoint.shard[reason]) << NameOf(reason);
  }
}

void FakeWorld::CheckBooks() const {
  std::uint64_t left = limit_.value_or(UINT64_MAX);
  std::set<std::string> errors;
  Counters sum;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    SCOPED_TRACE(files_[i].path);
    const Expected expected = ExpectedOf(i, left);
    const auto found = database.files.find(static_cast<int>(i));
    ASSERT_NE(found, database.files.end()) << "no row";
    CheckFile(i, expected, found->second.row);
    sum += found->second.row.counters;
    for (std::size_t line = 0; line < expected.lines; ++line) {
      const PlannedLine& planned = files_[i].lines[line];
      if (planned.reason && !IsSkip(*planned.reason)) {
        errors.insert(ErrorText(i, line + 1, planned.first_byte, *planned.reason));
      }
    }
  }
  const Checkpoint checkpoint = Committed();
  EXPECT_TRUE(checkpoint.shard == sum) << "the checkpoint's books are not the files'";
  EXPECT_TRUE(checkpoint.shard.Balanced());
  EXPECT_EQ(checkpoint.processed_files, files_.size());
  CheckErrorRows(errors);
}

void FakeWorld::CheckFile(std::size_t file, const Expected& expected, const FileRow& row) const {
  const PlannedFile& planned = files_[file];
  Counters counters;
  for (std::size_t i = 0; i < expected.lines; ++i) {
    const PlannedLine& line = planned.lines[i];
    const std::uint64_t bytes = line.end_byte - line.first_byte;
    ++counters.lines;
    counters.bytes += bytes;
    if (!line.reason) {
      ++counters.success;
      counters.success_bytes += bytes;
    } else {
      ++counters[*line.reason];
      (IsSkip(*line.reason) ? counters.skipped_bytes : counters.error_bytes) += bytes;
    }
  }
  if (expected.state == FileState::kFailed) {
    ++counters.lines;
    ++counters[Reason::kUnreadable];
  }
  EXPECT_EQ(NameOf(row.state), NameOf(expected.state));
  EXPECT_EQ(row.path, planned.path);
  EXPECT_EQ(row.place.byte, expected.lines == 0 ? 0 : planned.lines[expected.lines - 1].end_byte);
  EXPECT_EQ(row.place.line, expected.lines);
  EXPECT_EQ(row.failure.empty(), expected.state != FileState::kFailed) << row.failure;
  EXPECT_TRUE(row.counters == counters)
      << row.counters.lines << " lines, " << row.counters.success << " sent, "
      << row.counters.skipped() << " skipped, " << row.counters.errors() << " errors; expected "
      << counters.lines << ", " << counters.success << ", " << counters.skipped() << ", "
      << counters.errors();
}

// Rows are exact: each names its lines one by one, and together they name all, once.
void FakeWorld::CheckErrorRows(const std::set<std::string>& expected) const {
  std::vector<std::string> found;
  for (const auto& [key, row] : database.errors) {
    EXPECT_FALSE(row.approximate);
    EXPECT_EQ(row.count, row.last_line - row.first_line + 1);
    const auto file = static_cast<std::size_t>(row.list_position);
    EXPECT_EQ(row.end_byte, files_[file].lines[row.last_line - 1].end_byte);
    for (std::uint64_t line = row.first_line; line <= row.last_line; ++line) {
      const std::uint64_t byte = files_[file].lines[line - 1].first_byte;
      found.push_back(
          ErrorText(file, line, line == row.first_line ? row.first_byte : byte, row.reason));
    }
  }
  std::ranges::sort(found);
  EXPECT_EQ(found, std::vector<std::string>(expected.begin(), expected.end()));
}

}  // namespace reprocess::test
