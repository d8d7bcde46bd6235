#include <algorithm>

#include <fmt/format.h>

#include "config/load.h"

namespace reprocess {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Two settings that only make sense in this order.
void CheckOrder(std::string_view larger, Milliseconds larger_value, std::string_view smaller,
                Milliseconds smaller_value, std::string_view why, Problems& problems) {
  if (larger_value > smaller_value) return;
  problems.Add(larger, {}, fmt::format("{}", larger_value.count()),
               fmt::format("expected more than {} ({}): {}", smaller, smaller_value.count(), why));
}

// Below the 30 s that Kubernetes gives, and never before a commit under way has had its time.
void ReadStopTimeout(const Variables& variables, Settings& s) {
  constexpr std::string_view kName = "REPROCESS_STOP_TIMEOUT_MS";
  constexpr Milliseconds kMargin{20'000};
  s.stop_timeout = std::max(s.drain_timeout + kMargin, s.transaction_timeout);
  if (!variables.Text(std::string(kName))) return;
  variables.Duration(std::string(kName), s.stop_timeout, Milliseconds(1), hours(2));
  CheckOrder(kName, s.stop_timeout, "REPROCESS_DRAIN_TIMEOUT_MS", s.drain_timeout,
             "the last commit would be cut off", variables.problems());
  CheckOrder(kName, s.stop_timeout, "REPROCESS_TRANSACTION_TIMEOUT_MS", s.transaction_timeout,
             "a commit under way may take that long", variables.problems());
}

}  // namespace

Settings ReadSettings(const Variables& variables) {
  constexpr std::uint64_t kMib = 1 << 20;
  constexpr std::uint64_t kAny = INT64_MAX;
  // librdkafka's bound of message.max.bytes, less the head of a record.
  constexpr std::uint64_t kMaxLine = 1'000'000'000 - (64 << 10);
  const Milliseconds ms(1);
  Settings s;
  variables.Duration("REPROCESS_CLAIM_WAIT_MS", s.claim_wait, ms, hours(1));
  variables.Duration("REPROCESS_HEARTBEAT_INTERVAL_MS", s.heartbeat_interval, ms, minutes(10));
  variables.Duration("REPROCESS_COMMIT_INTERVAL_MS", s.commit_interval, ms, minutes(10));
  variables.Bytes("REPROCESS_COMMIT_BYTES", s.commit_bytes, 1, kAny);
  if (const auto lines = variables.Whole("REPROCESS_COMMIT_LINES", 0, kAny))
    s.commit_lines = *lines;
  variables.Duration("REPROCESS_KAFKA_TIMEOUT_MS", s.kafka_timeout, ms, days(7));
  variables.Duration("REPROCESS_DATABASE_TIMEOUT_MS", s.database_timeout, ms, days(7));
  variables.Duration("REPROCESS_START_TIMEOUT_MS", s.start_timeout, ms, days(7));
  variables.Duration("REPROCESS_DRAIN_TIMEOUT_MS", s.drain_timeout, 0 * ms, hours(1));
  variables.Duration("REPROCESS_TRANSACTION_TIMEOUT_MS", s.transaction_timeout, 1000 * ms,
                     hours(1));
  ReadStopTimeout(variables, s);
  variables.Duration("REPROCESS_RETRY_WAIT_MS", s.retry_wait, 0 * ms, hours(1));
  variables.Bytes("REPROCESS_MAX_LINE_BYTES", s.max_line_bytes, 1, kMaxLine);
  if (const auto rows = variables.Whole("REPROCESS_MAX_ERROR_ROWS", 0, kAny)) {
    s.max_error_rows = *rows;
  }
  std::uint64_t batch_bytes = s.batch_bytes;
  variables.Bytes("REPROCESS_BATCH_BYTES", batch_bytes, 1 << 10, 64 * kMib);
  s.batch_bytes = batch_bytes;
  if (const auto level = variables.Whole("REPROCESS_ZSTD_LEVEL", 1, 12)) {
    s.zstd_level = static_cast<int>(*level);
  }
  if (const auto root = variables.Text("REPROCESS_LOCAL_ROOT")) {
    s.local_root = NormalisedPath(*root);
  }

  CheckOrder("REPROCESS_TRANSACTION_TIMEOUT_MS", s.transaction_timeout,
             "REPROCESS_COMMIT_INTERVAL_MS", s.commit_interval,
             "the broker would abort a transaction before its commit", variables.problems());
  CheckOrder("REPROCESS_CLAIM_WAIT_MS", s.claim_wait, "REPROCESS_HEARTBEAT_INTERVAL_MS",
             s.heartbeat_interval, "a living owner would not be seen", variables.problems());
  return s;
}

Milliseconds StopTimeout(const Environment& environment) {
  Problems told_later;
  return ReadSettings(Variables(environment, told_later)).stop_timeout;
}

}  // namespace reprocess
