#include "cli/commands/set.h"

#include <algorithm>
#include <map>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/status_view.h"
#include "cli/values.h"
#include "model/throttle.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Option kOptions[] = {option::kDatabase, option::kJson};
constexpr Example kSetExamples[] = {
    {"At most 2,000 messages a second", "reprocess set job-7 max_messages_per_second=2k"},
    {"Hold while a consumer is behind",
     "reprocess set job-7 max_consumer_lag=50000 lag_groups=bulker,rotor"},
    {"Let a job go on that had too many errors", "reprocess set job-7 max_errors=100%"},
    {"As configured again", "reprocess set job-7 max_messages_per_second= max_consumer_lag="}};

// Names separated by commas; nullopt for none.
Result<std::optional<std::vector<std::string>>> GroupsOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::vector<std::string> groups;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    groups.push_back(text.substr(at, comma - at));
    if (groups.back().empty()) return Expected("lag_groups", text, "names separated by commas");
    at = comma + 1;
  }
  return groups;
}

Result<ExitCode> Set(const Given& given, const Program& program) {
  TRY(const ControlsRequest request, SetRequestOf(given));
  return ChangeLimits(request, given, program);
}

}  // namespace

Result<ExitCode> ChangeLimits(const ControlsRequest& request, const Given& given,
                              const Program& program) {
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kChange));
  TRY(const JobThrottle throttle, ChangeControls(request, *queries));
  Print(program.console.out, given.Has(option::kJson) ? ThrottleJson(request.job_id, throttle)
                                                      : ThrottleText(request.job_id, throttle));
  return ExitCode::kCompleted;
}

Result<ControlsRequest> SetRequestOf(const Given& given) {
  ControlsRequest request;
  if (given.arguments.size() < 2) {
    return Invalid("read arguments: nothing to set", {}, "give KEY=VALUE after the job");
  }
  request.job_id = given.arguments.front();
  ControlsChange& change = request.change;
  const std::map<std::string, std::optional<std::optional<std::uint64_t>>*> limits = {
      {"max_messages_per_second", &change.max_messages_per_second},
      {"max_bytes_per_second", &change.max_bytes_per_second},
      {"max_consumer_lag", &change.max_consumer_lag}};
  for (const std::string& word : given.arguments | std::views::drop(1)) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const auto limit = limits.find(key);
    if (equals == std::string::npos ||
        std::ranges::find(kLimitKeys, std::string_view(key)) == kLimitKeys.end()) {
      return Invalid(fmt::format("read {}: expected KEY=VALUE", word), {},
                     fmt::format("KEY is one of {}", fmt::join(kLimitKeys, ", ")));
    }
    const std::string value = word.substr(equals + 1);
    if (key == "lag_groups") {
      TRY(change.lag_groups, GroupsOf(value));
    } else if (key == "max_errors") {
      change.max_errors.emplace(std::nullopt);
      if (!value.empty()) {
        TRY(*change.max_errors, MostErrorsOf(key, value));
      }
    } else if (value.empty()) {
      limit->second->emplace(std::nullopt);
    } else {
      TRY(*limit->second, AmountOf(key, value));
    }
  }
  return request;
}

constinit const Command kSetCommand = {
    "set",
    "JOB KEY=VALUE...",
    "change a job's limits, also while it runs",
    "KEY is max_messages_per_second, max_bytes_per_second, max_consumer_lag or "
    "lag_groups (names, comma\nseparated), of the whole job: numbers take k, M and G (2k "
    "is 2,000), and 0 is no limit; or\nmax_errors of each shard (lines, or a share such as "
    "5%, where 100% is no limit). No VALUE means the\none of the job's configuration. "
    "Workers follow within two seconds. docs/throttling.md says what\nthe limits do.",
    kOptions,
    kSetExamples,
    Set,
    [] { return fmt::format("{}=", fmt::join(kLimitKeys, "= ")); }};

}  // namespace reprocess
