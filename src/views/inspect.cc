#include "views/inspect.h"

#include "views/json.h"

namespace reprocess {
namespace {

Json TallyJson(const std::map<std::string, Tally>& tallies) {
  Json object = Json::object();
  for (const auto& [name, tally] : tallies) {
    object[name] = {{"lines", tally.lines}, {"bytes", tally.bytes}};
  }
  return object;
}

}  // namespace

std::string InspectJson(const InspectReport& report) {
  Json json = {{"complete", !report.stopped}, {"files", Json::array()}};
  for (const auto& file : report.files) {
    Json entry = {{"path", file.path},
                  {"stored_bytes", file.size},
                  {"first", TimeOrNull(file.first)},
                  {"last", TimeOrNull(file.last)},
                  {"failure", OrNull(file.failure)}};
    entry.update(ToJson(file.counters));
    json["files"].push_back(std::move(entry));
  }
  json["ignored"] = ToJson(report.ignored);
  json["totals"] = ToJson(report.counters);
  json["first"] = TimeOrNull(report.first);
  json["last"] = TimeOrNull(report.last);
  json["without_time"] = report.without_time;
  json["connections_checked"] = report.destinations_checked;
  json["streams"] = TallyJson(report.streams);
  json["types"] = TallyJson(report.types);
  json["days"] = TallyJson(report.days);
  json["hours"] = TallyJson(report.hours);
  json["samples"] = Json::array();
  for (const auto& sample : report.samples) {
    json["samples"].push_back({{"path", sample.path},
                               {"line", sample.line},
                               {"byte", sample.byte},
                               {"verdict", sample.verdict},
                               {"message", OrNull(sample.message)},
                               {"text", sample.text}});
  }
  return ToDocument(json);
}

}  // namespace reprocess
