// Rows of reprocessing_verdicts, for queries.
#pragma once

#include <optional>
#include <string>

#include "store/columns.h"
#include "store/queries.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

template <MaybeConst<VerifyResult> V, class Visitor>
void VisitColumns(V& verdict, Visitor&& visit) {
  visit("verdict", verdict.verdict, Role::kReplaced);
  visit("verified_at", verdict.at, Role::kSpecial);
  visit("counts_only", verdict.counts_only, Role::kReplaced);
  visit("sent", verdict.sent, Role::kReplaced);
  visit("expected", verdict.expected, Role::kReplaced);
  visit("found", verdict.found, Role::kReplaced);
  visit("missing", verdict.missing, Role::kReplaced);
  visit("doubled", verdict.doubled, Role::kReplaced);
  visit("altered", verdict.altered, Role::kReplaced);
  visit("doubts", verdict.doubts, Role::kReplaced);
}

Result<std::optional<VerifyResult>> SelectVerify(Session& session, const Schema& schema,
                                                 const std::string& job_id);
Result<void> PutVerify(Session& session, const Schema& schema, const std::string& job_id,
                       const VerifyResult& verdict);

}  // namespace reprocess
