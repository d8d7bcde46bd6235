// Rows of reprocessing_shards and reprocessing_controls, for the stores and for queries.
#pragma once

#include <string>

#include "model/stores.h"
#include "store/columns.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

// What is read of a shard's row; `heartbeat_age` is no column, but the database's to say.
template <MaybeConst<ShardRow> S, class Visitor>
void VisitColumns(S& shard, Visitor&& visit) {
  visit("mode", shard.mode, Role::kReplaced);
  visit("owner", shard.owner.id, Role::kReplaced);
  visit("host", shard.owner.host, Role::kReplaced);
  visit("generation", shard.owner.generation, Role::kReplaced);
  visit("heartbeat_ms", shard.heartbeat_ms, Role::kReplaced);
  visit("heartbeat_age", shard.heartbeat_age, Role::kSpecial);
  visit("checkpoint", shard.checkpoint, Role::kReplaced);
  visit("start_offsets", shard.start_offsets, Role::kOnce);
  visit("end_offsets", shard.end_offsets, Role::kReplaced);
  visit("throttle", OrNull{shard.throttle}, Role::kReplaced);
  visit("stopped_at", shard.stopped_at, Role::kSpecial);
  visit("stored_bytes", shard.stored_bytes, Role::kReplaced);
  visit("consumer_lag", shard.consumer_lag, Role::kReplaced);
}
// Their SELECT list.
std::string ControlColumns(const Session& session, const Schema& schema);

// A time column as RFC 3339 text, NULL as NULL.
std::string TimeText(const Session& session, std::string_view column);

// The SELECT list of a table's columns, those that end in "_at" as times.
std::string NamesWithTimes(const Session& session, const std::vector<Column>& columns);

// Rows of reprocessing_controls. What is asked of that of job :job, and what such a row says.
Question ControlsQuestion(const Schema& schema);
Result<JobControls> ControlsOf(const Row& row);
// None where there is no row; an error names the column whose value is impossible.
Result<JobControls> SelectControls(Session& session, const Schema& schema,
                                   const std::string& job_id);
Result<void> ChangeControls(Session& session, const std::string& job_id,
                            const ControlsChange& change);

}  // namespace reprocess
