#include "plan/inspect.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "config/repository.h"
#include "config/worker_config.h"
#include "decode/line_reader.h"
#include "filter/filter.h"
#include "filter/grammar.h"
#include "model/time_text.h"
#include "plan/plan_config.h"
#include "plan/preflight.h"

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

class Inspection {
 public:
  Inspection(const InspectRequest& request, const JobConfig& config, const StreamMap* streams,
             const std::function<void(const InspectReport&)>& progress, InspectReport& report,
             const std::stop_token& stop)
      : request_(request),
        filter_(config, streams, UINT64_MAX),
        progress_(progress),
        report_(report),
        stop_(stop) {}

  void Read(Storage& storage, const FileItem& item) {
    report_.files.push_back({item.path, item.size, {}, {}, {}, {}});
    const auto opener = [&](std::uint64_t offset) { return storage.Open(item, offset, {}, stop_); };
    auto reader = LineReader::Open(
        opener, {}, {request_.settings.batch_bytes, request_.settings.max_line_bytes});
    if (!reader) return Fail(reader.error());
    while (!stop_.stop_requested()) {
      auto batch = (*reader)->Next();
      if (!batch) return Fail(batch.error());
      if (batch->lines.empty()) return;
      filter_.Judge(*batch);
      for (const auto& line : batch->lines) Take(*batch, line);
      progress_(report_);
    }
    report_.stopped = true;
  }

 private:
  InspectedFile& file() { return report_.files.back(); }

  void Fail(const Error& error) {
    file().failure = error.where.empty() ? error.what : error.what + " at " + error.where;
    ++report_.failed_files;
    Counters place;  // the place where reading stopped, as a replay counts it
    place.lines = 1;
    place[Reason::kUnreadable] = 1;
    file().counters += place;
    report_.counters += place;
  }

  void Take(const Batch& batch, const Line& line) {
    Counters one;
    Count(line, one);
    file().counters += one;
    report_.counters += one;
    Sample(batch, line);
    if (!IsMessage(line)) return;
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
  void Sample(const Batch& batch, const Line& line) {
    if (line.verdict == Verdict::kSend) {
      if (sent_samples_ >= request_.samples) return;
      ++sent_samples_;
    } else {
      bool& seen = sampled_[static_cast<std::size_t>(line.reason)];
      if (seen || line.reason == Reason::kBlank || request_.samples == 0) return;
      seen = true;
    }
    report_.samples.push_back(
        {file().path, line.number, line.first_byte,
         line.verdict == Verdict::kSend ? "sent" : std::string(NameOf(line.reason)),
         line.message == 0 ? std::string() : batch.messages[line.message - 1],
         std::string(line.text, std::min<std::size_t>(line.size, kSampleBytes))});
  }

  const InspectRequest& request_;
  Filter filter_;
  GrammarCheck grammar_;  // what a message is counted by
  const std::function<void(const InspectReport&)>& progress_;
  InspectReport& report_;
  const std::stop_token stop_;
  std::size_t sent_samples_ = 0;
  std::array<bool, kReasonCount> sampled_{};
};

}  // namespace

Result<InspectReport> Inspect(const InspectRequest& request, Storage& storage,
                              const std::function<void(const InspectReport&)>& progress,
                              const std::stop_token& stop) {
  InspectReport report;
  TRY(JobConfig config, ConfigOfPlan(request.given, "options", report.warnings));
  TRY(Discovery found,
      request.version_id.empty()
          ? Discover(storage, request.paths, config.date_from, config.date_to)
          : DiscoverVersion(storage, request.paths.front(), request.version_id, stop));
  report.ignored = std::move(found.ignored);
  StreamMap streams;
  const bool look_up = !request.repository_url.empty();
  if (look_up) {
    TRY(streams, FetchRepository(request.repository_url, request.repository_auth_token, stop));
  }
  report.destinations_checked = look_up || !config.connection_ids.empty();
  // Without a repository every line would only say that there is none.
  if (!report.destinations_checked) config.connection_ids = {"unchecked"};
  Inspection inspection(request, config, look_up ? &streams : nullptr, progress, report, stop);
  for (const auto& file : found.files) {
    if (stop.stop_requested()) {
      report.stopped = true;
      break;
    }
    inspection.Read(storage, file.item);
  }
  if (auto why = FiltersLetNothingPass(report.counters); !why.empty()) {
    report.warnings.push_back(std::move(why));
  }
  return report;
}

}  // namespace reprocess
