#include <algorithm>

#include <fmt/format.h>

#include "config/load.h"
#include "config/normal_path.h"

namespace reprocess {
namespace {

// Two settings that only make sense in this order.
void CheckOrder(std::string_view larger, Milliseconds larger_value, std::string_view smaller,
                Milliseconds smaller_value, std::string_view why, Problems& problems) {
  if (larger_value > smaller_value) return;
  problems.Add(larger, {}, fmt::format("{}", larger_value.count()),
               fmt::format("expected more than {} ({}): {}", smaller, smaller_value.count(), why));
}

}  // namespace

// Below the 30 s that Kubernetes gives, and never before a commit under way has had its time.
void ReadStopTimeout(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  constexpr Milliseconds kMargin{20'000};
  Settings& s = config.settings;
  s.stop_timeout = std::max(s.drain_timeout + kMargin, s.transaction_timeout);
  if (!variables.Text(row.name)) return;
  variables.Duration(row.name, s.stop_timeout, Milliseconds(1), std::chrono::hours(2));
  CheckOrder(row.name, s.stop_timeout, "REPROCESS_DRAIN_TIMEOUT_MS", s.drain_timeout,
             "the last commit would be cut off", variables.problems());
  CheckOrder(row.name, s.stop_timeout, "REPROCESS_TRANSACTION_TIMEOUT_MS", s.transaction_timeout,
             "a commit under way may take that long", variables.problems());
}

void ReadLocalRoot(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  if (const auto root = variables.Text(row.name)) {
    config.settings.local_root = NormalPath(*root);
  }
}

void CheckTimes(const Variables& variables, const Settings& s) {
  CheckOrder("REPROCESS_TRANSACTION_TIMEOUT_MS", s.transaction_timeout,
             "REPROCESS_COMMIT_INTERVAL_MS", s.commit_interval,
             "the broker would abort a transaction before its commit", variables.problems());
  CheckOrder("REPROCESS_CLAIM_WAIT_MS", s.claim_wait, "REPROCESS_HEARTBEAT_INTERVAL_MS",
             s.heartbeat_interval, "a living owner would not be seen", variables.problems());
}

}  // namespace reprocess
