#include "jobs/raw_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/thousands.h"
#include "replay/read_stage.h"

namespace reprocess {
namespace {

class RawLines {
 public:
  RawLines(const RawLinesRequest& request, Storage& storage,
           const std::function<void(std::string_view)>& take, std::stop_token stop)
      : request_(request), storage_(storage), take_(take), stop_(std::move(stop)) {}

  // What of a file cannot be read is a warning.
  Result<void> Read(const FileRow& file, const std::vector<ErrorRange>& errors) {
    FileItem item = ItemOf(file);
    item.offset = 0;
    item.length.reset();
    item.size = 0;
    item.etag = file.version_tag;
    Settings settings = request_.settings;
    std::vector<ByteRange> ranges;
    for (const ErrorRange& range : errors) {
      if (request_.reason && range.reason != *request_.reason) continue;
      if (range.approximate) {
        approximate_ += range.count;
        continue;
      }
      ranges.push_back({range.first, range.end - range.first});
      // A line that was too long for the job is told whole.
      settings.max_line_bytes = std::max(settings.max_line_bytes, range.end - range.first);
    }
    if (ranges.empty() || Full()) return {};
    item.ranges = std::move(ranges);
    return ReadRanges(item, settings);
  }

  bool Full() const { return request_.most > 0 && report_.lines >= request_.most; }

  RawLinesReport Report() {
    if (approximate_ > 0) {
      report_.warnings.push_back(
          fmt::format("{} lines are left out: their rows are approximate, and good lines, which "
                      "were sent, lie between them",
                      Thousands(approximate_)));
    }
    return std::move(report_);
  }

 private:
  Result<void> ReadRanges(const FileItem& item, const Settings& settings) {
    const JobConfig any;
    ReadStage stage(storage_, SystemClock(), {&item, 1}, {}, any, settings, stop_);
    while (!Full()) {
      TRY(Pulled pulled, stage.Next(SteadyTime::max()));
      const auto* batch = std::get_if<Batch>(&pulled);
      if (batch == nullptr) return {};
      for (const Line& line : batch->lines) {
        if (Full()) return {};
        take_({line.text, line.size});
        ++report_.lines;
      }
      if (batch->end && batch->end->state == FileEnd::State::kFailed) {
        report_.warnings.push_back(fmt::format("{}: {}", item.path, batch->end->error.ToString()));
      }
    }
    return {};
  }

  const RawLinesRequest& request_;
  Storage& storage_;
  const std::function<void(std::string_view)>& take_;
  const std::stop_token stop_;
  RawLinesReport report_;
  std::uint64_t approximate_ = 0;
};

}  // namespace

Result<RawLinesReport> ReadRawLines(const RawLinesRequest& request, Queries& queries,
                                    Storage& storage,
                                    const std::function<void(std::string_view)>& take,
                                    const std::stop_token& stop) {
  TRY(const auto files, queries.Files(request.job_id));
  RawLines lines(request, storage, take, stop);
  for (const FileRow& file : files) {
    if (file.counters.errors() == 0) continue;
    TRY(const auto errors, queries.ErrorRanges(request.job_id, file.list_position));
    TRY_OK(lines.Read(file, errors));
  }
  return lines.Report();
}

}  // namespace reprocess
