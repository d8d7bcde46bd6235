#include "views/missing.h"

#include <ranges>

#include "model/time_text.h"
#include "views/json.h"

namespace reprocess {
namespace {

Json CountsJson(const MissingCounts& counts) {
  return {{"lines", counts.lines},      {"there", counts.there},     {"partly", counts.partly},
          {"missing", counts.missing},  {"outside", counts.outside}, {"foreign", counts.foreign},
          {"not_sent", counts.not_sent}};
}

Json FilesJson(const std::vector<MissingOfFile>& files) {
  Json list = Json::array();
  for (const MissingOfFile& file : files) {
    Json json = {{"path", file.item.path}, {"stored_bytes", file.item.size}};
    json.update(CountsJson(file.counts));
    json["equal"] = file.equal;
    json["failure"] = OrNull(file.failure);
    list.push_back(std::move(json));
  }
  return list;
}

Json SpansJson(const std::vector<OffsetSpan>& spans) {
  Json list = Json::array();
  for (const OffsetSpan& span : spans) {
    list.push_back({{"partition", span.partition}, {"from", span.from}, {"to", span.to}});
  }
  return list;
}

Json ShardsJson(const std::vector<ScannedTopic>& topics) {
  Json list = Json::array();
  for (const ScannedTopic& topic : topics | std::views::drop(1)) {
    list.push_back({{"name", topic.name}, {"offsets", SpansJson(topic.spans)}});
  }
  return list;
}

}  // namespace

std::string MissingJson(const MissingInPaths& found) {
  const MissingReport& report = found.report;
  Json json = CountsJson(report.counts);
  json["equal"] = report.equal;
  json["equal_at"] = OrNull(report.equal_at);
  json["connections_compared"] = found.connections_compared;
  json["topic"] = {
      {"name", report.topic},
      {"covered_from", report.covered ? Json(FormatRfc3339(*report.covered)) : Json(nullptr)},
      {"records", report.records},
      {"copies", report.copies},
      {"offsets", SpansJson(report.topics.front().spans)},
      {"shard_topics", ShardsJson(report.topics)}};
  json["passes"] = report.passes;
  json["files"] = FilesJson(report.files);
  json["ignored"] = ToJson(found.ignored);
  json["warnings"] = found.warnings;
  return ToDocument(json);
}

}  // namespace reprocess
