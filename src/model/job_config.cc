#include "model/job_config.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "model/key.h"

namespace reprocess {

std::string_view NameOf(DeliveryChoice choice) {
  switch (choice) {
    case DeliveryChoice::kAuto:
      return "auto";
    case DeliveryChoice::kExactlyOnce:
      return "exactly_once";
    case DeliveryChoice::kAtLeastOnce:
      break;
  }
  return "at_least_once";
}

std::uint64_t StoredBytesRead(const FileItem& item, std::uint64_t stored_byte) {
  return std::min(ListedBytes(item), stored_byte - std::min(stored_byte, item.offset));
}

std::vector<ByteRange> OwnedRanges(const FileItem& item) {
  if (!item.ranges.empty()) return *item.ranges;
  return {{item.offset, item.length.value_or(UINT64_MAX)}};
}

bool Overlap(const FileItem& a, const FileItem& b) {
  const auto left = OwnedRanges(a), right = OwnedRanges(b);
  auto l = left.begin(), r = right.begin();
  while (l != left.end() && r != right.end()) {
    if (l->first < r->end() && r->first < l->end()) return true;
    l->end() < r->end() ? ++l : ++r;
  }
  return false;
}

std::uint64_t ShareOf(std::uint64_t limit, int index, int total) {
  const auto workers = static_cast<std::uint64_t>(total);
  return limit / workers + (static_cast<std::uint64_t>(index) < limit % workers ? 1 : 0);
}

AssignmentMaker::AssignmentMaker(std::string job_id, int index, int total, const JobConfig& config)
    : assignment_{std::move(job_id), index, total, {}, 0, config.limit > 0},
      start_file_(config.start_file),
      begun_(config.start_file.empty()) {
  assignment_.limit = ShareOf(config.limit, index, total);
}

void AssignmentMaker::Add(const FileItem& item) {
  begun_ = begun_ || item.path == start_file_;
  assignment_.job_files += begun_ ? 1 : 0;
  ++assignment_.listed_files;
  if (begun_ && position_ % assignment_.total == assignment_.index) {
    assignment_.files.push_back(item);
    assignment_.files.back().list_position = position_;
  }
  ++position_;
}

Assignment AssignmentOf(std::string job_id, int index, int total, const std::vector<FileItem>& list,
                        const JobConfig& config) {
  AssignmentMaker maker(std::move(job_id), index, total, config);
  for (const FileItem& item : list) maker.Add(item);
  return std::move(maker).Assigned();
}

const FileItem* FileAt(const Assignment& assignment, int list_position) {
  if (assignment.files.empty()) return nullptr;
  const int past_first = list_position - assignment.files.front().list_position;
  if (past_first < 0 || past_first % assignment.total != 0) return nullptr;
  const auto at = static_cast<std::size_t>(past_first / assignment.total);
  return at < assignment.files.size() ? &assignment.files[at] : nullptr;
}

std::string FingerprintOf(const Assignment& assignment, const JobConfig& config,
                          std::string_view destination) {
  TextHasher hasher;
  hasher.Add(FingerprintText(assignment.index, assignment.total));
  for (const FileItem& file : assignment.files) {  // there may be 100,000 of them
    hasher.Add(FingerprintText(file, file.list_position));
  }
  hasher.Add(FingerprintText(config, destination));
  return hasher.Text();
}

std::string FingerprintText(int index, int total) {
  return fmt::format("{}/{};", index, total);
}

std::string FingerprintText(const FileItem& item, int list_position) {
  std::string text = fmt::format("{}@", list_position);
  AppendFingerprint(text, item.path);
  AppendFingerprint(text, *item.version_id);
  for (const ByteRange& range : OwnedRanges(item)) {
    text += fmt::format("{}+{};", range.first, range.length);
  }
  // No text of an item without these may change.
  if (!item.key_path.empty()) {
    text += '=';
    AppendFingerprint(text, *item.key_path);
  }
  if (!item.line_set.all()) {
    text += '#';
    AppendFingerprint(text, item.line_set.sha256());
  }
  return text;
}

std::string FingerprintText(const JobConfig& config, std::string_view destination) {
  std::string text;
  AppendFingerprint(text, config.start_file);
  text += fmt::format("{};{};", config.start_line, config.limit);
  AppendFingerprint(text, config.stream_ids);
  AppendFingerprint(text, config.connection_ids);
  AppendFingerprint(text, config.date_from);
  AppendFingerprint(text, config.date_to);
  AppendFingerprint(text, destination);
  // No text of a job without them may change.
  if (!config.only_connections.empty()) AppendFingerprint(text, config.stream_connections);
  return text;
}

void AppendFingerprint(std::string& text, std::string_view value) {
  text += fmt::format("{}:{};", value.size(), value);
}

void AppendFingerprint(std::string& text, const std::vector<std::string>& values) {
  text += fmt::format("[{}]", values.size());
  for (const auto& value : values) AppendFingerprint(text, value);
}

void AppendFingerprint(std::string& text,
                       const std::map<std::string, std::vector<std::string>>& values) {
  text += fmt::format("{{{}}}", values.size());
  for (const auto& [name, value] : values) {
    AppendFingerprint(text, name);
    AppendFingerprint(text, value);
  }
}

void AppendFingerprint(std::string& text, const std::optional<PreciseTime>& time) {
  AppendFingerprint(
      text, time ? fmt::format("{}.{:03}", time->time.time_since_epoch().count(), time->nanos)
                 : std::string());
}

}  // namespace reprocess
