#include "views/sample.h"

#include <algorithm>

#include "views/json.h"

namespace reprocess {
namespace {

// Most lines first.
Json StreamsJson(const std::map<std::string, Tally>& streams) {
  std::vector<std::pair<std::string, Tally>> sorted(streams.begin(), streams.end());
  std::ranges::stable_sort(sorted, std::greater(),
                           [](const auto& stream) { return stream.second.lines; });
  Json list = Json::array();
  for (const auto& [name, tally] : sorted) {
    list.push_back({{"name", name}, {"lines", tally.lines}, {"bytes", tally.bytes}});
  }
  return list;
}

Json DaysJson(const std::map<std::string, DaySum>& days) {
  Json list = Json::array();
  for (const auto& [day, sum] : days) {
    list.push_back({{"day", day}, {"files", sum.files}, {"stored_bytes", sum.bytes}});
  }
  return list;
}

Json LinesJson(const std::vector<SampleLine>& lines) {
  Json list = Json::array();
  for (const SampleLine& line : lines) {
    list.push_back({{"path", line.path},
                    {"line", line.line},
                    {"byte", line.byte},
                    {"verdict", line.verdict},
                    {"message", OrNull(line.message)},
                    {"text", line.text}});
  }
  return list;
}

}  // namespace

std::string SampleJson(const PlanSample& sample) {
  return ToDocument({{"whole", sample.whole},
                     {"lines", sample.lines},
                     {"sent", sample.sent},
                     {"skipped", sample.skipped},
                     {"errors", sample.errors},
                     {"destinations_checked", sample.destinations_checked},
                     {"streams", StreamsJson(sample.streams)},
                     {"days", DaysJson(sample.days)},
                     {"samples", LinesJson(sample.samples)},
                     {"warnings", sample.warnings}});
}

}  // namespace reprocess
