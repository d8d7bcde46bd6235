// The columns of reprocessing_workers that a worker's row has. Its key, its status and its times, and
// the claim's generation, stand beside them.
#pragma once

#include "model/stores.h"
#include "store/columns.h"

namespace reprocess {

template <MaybeConst<WorkerRow> W, class Visitor>
void VisitColumns(W& worker, Visitor&& visit) {
  auto& counters = worker.counters;
  visit("current_file", OrNull{worker.current_file}, Role::kSpecial);
  visit("current_line", worker.current_line, Role::kSpecial);
  visit("current_ts", OrNull{worker.current_ts}, Role::kSpecial);
  visit("assigned_files", worker.assigned_files, Role::kReplaced);
  visit("processed_files", worker.processed_files, Role::kProgress);
  visit("total_lines", counters.lines, Role::kProgress);
  visit("success_count", counters.success, Role::kProgress);
  visit("error_count", SumOf{counters, Side::kErrors}, Role::kProgress);
  visit("skipped_count", SumOf{counters, Side::kSkips}, Role::kProgress);
  visit("total_bytes", worker.total_bytes, Role::kReplaced);
  visit("processed_bytes", worker.processed_bytes, Role::kProgress);
  visit("error", OrNull{worker.error}, Role::kProgress);
}

}  // namespace reprocess
