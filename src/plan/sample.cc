#include "plan/sample.h"

#include <algorithm>
#include <cmath>

#include "model/time_text.h"
#include "plan/inspection.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMostText = 256 << 10;
constexpr std::size_t kSentSamples = 5;
constexpr std::size_t kDayLength = 10;

std::map<std::string, DaySum> DaysOf(const PlannedFiles& files) {
  std::map<std::string, DaySum> days;
  for (const PlannedFile& file : files) {
    const auto time = TimeInName(file.item.path);
    DaySum& day = days[time ? FormatRfc3339(*time).substr(0, kDayLength) : kNoName];
    if (file.item.offset == 0) ++day.files;
    day.bytes += ListedBytes(file.item);
  }
  return days;
}

// Of those that begin at their beginning: a part in the middle of a file would be read from there.
std::vector<FileItem> Spread(const PlannedFiles& files) {
  std::vector<std::size_t> whole;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].item.offset == 0) whole.push_back(i);
  }
  const std::size_t count = std::min(whole.size(), kSampledFiles);
  std::vector<FileItem> some;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = count < kSampledFiles ? i : i * (whole.size() - 1) / (kSampledFiles - 1);
    some.push_back(files[whole[at]].item);
  }
  return some;
}

std::uint64_t Scaled(std::uint64_t read, double by) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(read) * by));
}

}  // namespace

Result<PlanSample> SamplePlan(const PlannedFiles& files, JobConfig config, const StreamMap* streams,
                              const Settings& settings, Storage& storage,
                              const std::stop_token& stop) {
  PlanSample sample;
  sample.days = DaysOf(files);
  InspectReport report;
  sample.destinations_checked = CheckDestinations(streams != nullptr, config);
  Settings small = settings;
  small.batch_bytes = std::min<std::size_t>(small.batch_bytes, kMostText);
  const std::function<void(const InspectReport&)> nobody = [](const InspectReport&) {};
  Inspection inspection({storage, small, kSentSamples, nobody, stop}, config, streams, report);
  std::uint64_t read = 0, all = 0;
  for (const auto& [day, sum] : sample.days) all += sum.bytes;
  for (const FileItem& item : Spread(files)) read += inspection.Read(item, kMostText);
  if (report.stopped) return Stopped("look into the files");
  for (const InspectedFile& file : report.files) {
    if (!file.failure.empty()) sample.warnings.push_back(file.path + ": " + file.failure);
  }
  sample.whole = read >= all && report.failed_files == 0;
  const double by =
      read == 0 || sample.whole ? 1 : static_cast<double>(all) / static_cast<double>(read);
  sample.lines = Scaled(report.counters.lines, by);
  sample.sent = Scaled(report.counters.success, by);
  sample.skipped = Scaled(report.counters.skipped(), by);
  sample.errors = Scaled(report.counters.errors(), by);
  sample.streams = std::move(report.streams);
  sample.samples = std::move(report.samples);
  return sample;
}

}  // namespace reprocess
