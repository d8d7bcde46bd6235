#include "plan/inspection.h"

#include <algorithm>

#include "decode/line_reader.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::size_t kSampleBytes = 1024;
constexpr std::size_t kDayLength = 10, kHourLength = 13;  // of "2026-05-01T13"

void Add(std::map<std::string, Tally>& tallies, const std::string& name, std::uint64_t bytes) {
  const bool full = tallies.size() >= kMostNames && !tallies.contains(name);
  Tally& tally = tallies[full ? kOtherNames : name.empty() ? kNoName : name];
  ++tally.lines;
  tally.bytes += bytes;
}

void Widen(std::optional<WallTime>& first, std::optional<WallTime>& last, WallTime time) {
  if (!first || time < *first) first = time;
  if (!last || time > *last) last = time;
}

// Whether the judge found a JSON object in this line, so that its fields can be read.
bool IsMessage(const Line& line) {
  if (line.verdict == Verdict::kSend) return true;
  switch (line.reason) {
    case Reason::kBlank:
    case Reason::kInvalidJson:
    case Reason::kNotObject:
    case Reason::kOversized:
    case Reason::kUnreadable:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::uint64_t Inspection::Read(const FileItem& item, std::uint64_t most_text) {
  report_.files.push_back({item.path, item.size, {}, {}, {}, {}});
  const auto opener = [&](std::uint64_t offset) {
    return world_.storage.Open(item, offset, {}, world_.stop);
  };
  std::uint64_t stored = 0;
  const auto fail = [&](const Error& error) {
    Fail(error);
    return stored;
  };
  auto reader =
      LineReader::Open(opener, {}, {world_.settings.batch_bytes, world_.settings.max_line_bytes});
  if (!reader) return fail(reader.error());
  while (!world_.stop.stop_requested()) {
    auto batch = (*reader)->Next();
    if (!batch) return fail(batch.error());
    if (batch->lines.empty()) return batch->object_size;
    stored = batch->stored_byte;
    filter_.Judge(*batch);
    for (const auto& line : batch->lines) Take(*batch, line);
    world_.progress(report_);
    if (batch->after.byte >= most_text) return stored;
  }
  report_.stopped = true;
  return stored;
}

void Inspection::Fail(const Error& error) {
  file().failure = error.where.empty() ? error.what : error.what + " at " + error.where;
  ++report_.failed_files;
  Counters place;  // the place where reading stopped, as a replay counts it
  place.lines = 1;
  place[Reason::kUnreadable] = 1;
  file().counters += place;
  report_.counters += place;
}

void Inspection::Take(const Batch& batch, const Line& line) {
  Counters one;
  Count(line, one);
  file().counters += one;
  report_.counters += one;
  Sample(batch, line);
  if (IsMessage(line)) CountMessage(line);
}

void Inspection::CountMessage(const Line& line) {
  grammar_.Check({line.text, line.size});
  const Fields& fields = grammar_.fields();
  const std::uint64_t bytes = line.end_byte - line.first_byte;
  const std::string_view stream = fields.source_id.empty() ? fields.slug : fields.source_id;
  Add(report_.streams, std::string(stream), bytes);
  Add(report_.types, grammar_.type(), bytes);
  const auto time = ParseRfc3339(fields.created);
  if (!time) {
    ++report_.without_time;
    return;
  }
  Widen(file().first, file().last, *time);
  Widen(report_.first, report_.last, *time);
  const std::string text = FormatRfc3339(*time);
  Add(report_.days, text.substr(0, kDayLength), bytes);
  Add(report_.hours, text.substr(0, kHourLength), bytes);
}

// The first sendable lines, and the first line of each reason that is worth seeing.
void Inspection::Sample(const Batch& batch, const Line& line) {
  if (line.verdict == Verdict::kSend) {
    if (sent_samples_ >= world_.samples) return;
    ++sent_samples_;
  } else {
    bool& seen = sampled_[static_cast<std::size_t>(line.reason)];
    if (seen || line.reason == Reason::kBlank || world_.samples == 0) return;
    seen = true;
  }
  report_.samples.push_back(
      {file().path, line.number, line.first_byte,
       line.verdict == Verdict::kSend ? "sent" : std::string(NameOf(line.reason)),
       line.message == 0 ? std::string() : batch.messages[line.message - 1],
       std::string(line.text, std::min<std::size_t>(line.size, kSampleBytes))});
}

bool CheckDestinations(bool look_up, JobConfig& config) {
  const bool checked = look_up || !LooksUp(config);
  if (!checked) config.connection_ids = {"unchecked"};
  return checked;
}

}  // namespace reprocess
