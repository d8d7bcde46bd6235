// A worker's row in the middle of its work. For tests.
#pragma once

#include "model/stores.h"

namespace reprocess {

inline WorkerRow At(std::uint64_t stored, std::uint64_t lines, std::uint64_t errors = 0) {
  WorkerRow row;
  row.stored_bytes = stored;
  row.counters.lines = lines;
  row.counters.bytes = lines * 100;
  row.counters[Reason::kInvalidJson] = errors;
  row.current_file = "/logs/kafka_failover_2026_05_01T00_00_00.ndjson";
  return row;
}

}  // namespace reprocess
