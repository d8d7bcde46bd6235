#include "views/verify.h"

#include "views/json.h"

namespace reprocess {
std::string VerifyJson(const VerifyReport& report) {
  Json spans = Json::array(), findings = Json::array(), doubts = Json::array();
  for (const OffsetSpan& span : report.spans) {
    spans.push_back({{"partition", span.partition}, {"from", span.from}, {"to", span.to}});
  }
  for (const FoundLine& line : report.findings) {
    const bool record = line.partition >= 0;
    findings.push_back({{"finding", NameOf(line.finding)},
                        {"path", line.path},
                        {"list_position", line.list_position},
                        {"line", line.line == 0 ? Json(nullptr) : Json(line.line)},
                        {"byte", line.byte},
                        {"partition", record ? Json(line.partition) : Json(nullptr)},
                        {"offset", record ? Json(line.offset) : Json(nullptr)}});
  }
  for (const Doubt& doubt : report.doubts) {
    doubts.push_back({{"where", doubt.where}, {"why", doubt.why}, {"lines", doubt.lines}});
  }
  return ToDocument({{"job", report.job_id},
                     {"topic", report.topic},
                     {"verdict", ResultOf(report).verdict},
                     {"counts_only", report.counts_only},
                     {"sent", report.sent},
                     {"not_sent", report.not_sent},
                     {"incomplete_files", report.incomplete},
                     {"expected", report.expected},
                     {"found", report.found},
                     {"missing", report.totals[0]},
                     {"doubled", report.totals[1]},
                     {"altered", report.totals[2]},
                     {"records", report.records},
                     {"other_records", report.others},
                     {"passes", report.passes},
                     {"spans", std::move(spans)},
                     {"findings", std::move(findings)},
                     {"cannot_be_verified", std::move(doubts)}});
}

}  // namespace reprocess
