#include "cli/requests.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "config/normal_path.h"
#include "config/value_text.h"
#include "model/time_text.h"
#include "plan/discover.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDayLength = 10;  // of "2026-05-01"
constexpr std::uint64_t kMostShards = 100;
constexpr std::uint64_t kMostMebibytes = 1 << 20;
constexpr std::string_view kS3 = "s3://";

std::unexpected<Error> Expected(std::string_view option, const std::string& given,
                                std::string_view expected) {
  return Invalid(fmt::format("read {}: expected {}, got \"{}\"", option, expected, given));
}

Result<MaxErrors> MostErrorsOf(std::string_view option, const std::string& text) {
  const auto most = ParseMaxErrors(text);
  if (!most) return Expected(option, text, "a whole number of lines, or a share such as 5%");
  return *most;
}

// Options take their variables' place, so that one set of checks sees both.
Environment Overlay(const Environment& environment, std::map<std::string, std::string> options) {
  std::erase_if(options, [](const auto& option) { return option.second.empty(); });
  return [&environment, options = std::move(options)](const std::string& name) {
    const auto found = options.find(name);
    return found != options.end() ? std::optional(found->second) : environment(name);
  };
}

// An RFC 3339 time, or a day: its begin, or its end.
Result<std::string> TimeOf(std::string_view option, const std::string& text, bool end_of_day) {
  const std::string time = text.size() != kDayLength ? text
                           : end_of_day              ? text + "T23:59:59.999999999Z"
                                                     : text + "T00:00:00Z";
  if (!ParseRfc3339(time)) {
    return Expected(option, text, "a time like 2026-05-01T06:00:00Z, or a day like 2026-05-01");
  }
  return time;
}

Result<void> AddFilter(const FilterArguments& filter, Json& given) {
  if (!filter.from.empty()) {
    TRY(given["date_from"], TimeOf("--from", filter.from, false));
  }
  if (!filter.to.empty()) {
    TRY(given["date_to"], TimeOf("--to", filter.to, true));
  }
  if (!filter.from.empty() && !filter.to.empty() &&
      *ParseRfc3339(given["date_from"].get<std::string>()) >
          *ParseRfc3339(given["date_to"].get<std::string>())) {
    return Invalid(fmt::format("read --from: {} is after --to, {}", filter.from, filter.to));
  }
  if (!filter.streams.empty()) given["stream_ids"] = filter.streams;
  if (!filter.connections.empty()) given["connection_ids"] = filter.connections;
  return {};
}

Result<void> AddThrottle(const ThrottleArguments& throttle, Json& given) {
  const std::pair<const char*, const std::string*> limits[] = {
      {"max_messages_per_second", &throttle.max_messages_per_second},
      {"max_bytes_per_second", &throttle.max_bytes_per_second},
      {"max_consumer_lag", &throttle.max_consumer_lag}};
  for (const auto& [key, text] : limits) {
    if (text->empty()) continue;
    std::string option = fmt::format("--{}", key);
    std::ranges::replace(option, '_', '-');
    TRY(given[key], AmountOf(option, *text));
  }
  if (!throttle.lag_groups.empty()) given["lag_groups"] = throttle.lag_groups;
  if (!throttle.max_consumer_lag.empty() && throttle.lag_groups.empty()) {
    return Invalid("read --max-consumer-lag: it needs --lag-group", {},
                   "name the consumer groups that it is about");
  }
  return {};
}

Result<std::string> GivenByRun(const RunArguments& run) {
  Json given = Json::object();
  TRY_OK(AddFilter(run.filter, given));
  if (!run.limit.empty() && !run.limit.starts_with('+')) {
    TRY(given["limit"], CountOf("--limit", run.limit, 1, INT64_MAX, 0));
  }
  if (!run.start_file.empty()) given["start_file"] = run.start_file;
  if (!run.start_line.empty()) {
    if (run.start_file.empty()) {
      return Invalid("read --start-line: it needs --start-file", {},
                     "a line number means a line of that file");
    }
    TRY(given["start_line"], CountOf("--start-line", run.start_line, 1, INT64_MAX, 1));
  }
  if (!run.delivery.empty()) given["delivery"] = run.delivery;
  if (!run.max_errors.empty()) {
    TRY(const MaxErrors most, MostErrorsOf("--max-errors", run.max_errors));
    given["max_errors"] = ToText(most);
  }
  TRY_OK(AddThrottle(run.throttle, given));
  if (run.dry_run) given["dry_run"] = true;
  return given.dump();
}

// --limit +N and --no-limit.
Result<std::optional<std::uint64_t>> MoreLimitOf(const RunArguments& run) {
  const bool raised = run.limit.starts_with('+');
  if (!raised && !run.no_limit) return std::nullopt;
  const std::string option = run.no_limit ? "--no-limit" : "--limit " + run.limit;
  if (run.no_limit && !run.limit.empty()) {
    return Invalid("read --no-limit: it cannot be combined with --limit");
  }
  if (run.job.empty()) {
    return Invalid(fmt::format("read {}: it is of a job that goes on", option), {},
                   "name the job with --job");
  }
  if (run.no_limit) return std::uint64_t{0};
  TRY(const auto more, CountOf("--limit", run.limit.substr(1), 1, INT64_MAX, 0));
  if (more == 0) return Expected("--limit", run.limit, "a whole number after the +");
  return more;
}

Result<std::optional<Destination>> TargetOf(const RunArguments& run) {
  const bool kafka = !run.kafka.empty() || !run.topic.empty();
  if (!run.out.empty() && (kafka || run.dry_run)) {
    return Invalid(
        fmt::format("read --out: it cannot be combined with {}", run.dry_run         ? "--dry-run"
                                                                 : run.kafka.empty() ? "--topic"
                                                                                     : "--kafka"),
        {}, "give one destination: --kafka with --topic, or --out, or --dry-run");
  }
  if (run.dry_run) return Destination{Destination::kNone, {}, {}, {}};
  if (!run.out.empty()) return Destination{Destination::kFiles, {}, {}, NormalPath(run.out)};
  if (kafka) return Destination{Destination::kKafka, run.kafka, run.topic, {}};
  return std::nullopt;
}

Result<std::string> VersionOf(const std::string& version_id,
                              const std::vector<std::string>& paths) {
  if (version_id.empty()) return version_id;
  if (paths.size() == 1 && paths.front().starts_with(kS3) && !paths.front().ends_with('/') &&
      paths.front().find('/', kS3.size()) != std::string::npos) {
    return version_id;
  }
  return Invalid(
      "read --version-id: it needs exactly one PATH, which names one S3 object", {},
      "give s3://bucket/key; for several objects run reprocessing-worker with a files.json "
      "that has a version_id in each item");
}

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

}  // namespace

Result<std::uint64_t> CountOf(std::string_view option, const std::string& text, std::uint64_t least,
                              std::uint64_t most, std::uint64_t fallback) {
  if (text.empty()) return fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    const std::string bound = most == INT64_MAX ? "" : fmt::format(" to {}", most);
    return Expected(option, text, fmt::format("a whole number from {}{}", least, bound));
  }
  return value;
}

Result<std::uint64_t> AmountOf(std::string_view name, const std::string& text) {
  constexpr std::uint64_t kMost = INT64_MAX;
  constexpr std::pair<char, std::uint64_t> kUnits[] = {
      {'k', 1'000}, {'m', 1'000'000}, {'g', 1'000'000'000}};
  const std::string lower = LowerCase(text);
  const auto* const suffix = std::ranges::find(kUnits, lower.empty() ? '\0' : lower.back(),
                                               [](auto u) { return u.first; });
  const std::uint64_t unit = suffix == std::end(kUnits) ? 1 : suffix->second;
  const auto count = ParseWhole(std::string_view(lower).substr(0, lower.size() - (unit > 1)));
  if (!count || *count > kMost / unit) {
    return Expected(name, text, "a whole number from 0, or one with k, M or G behind it");
  }
  return *count * unit;
}

Result<std::optional<Reason>> ReasonArgument(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto reason = ReasonOf(name);
  if (reason && !IsSkip(*reason)) return reason;
  std::string names;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (IsSkip(static_cast<Reason>(i))) continue;
    names += (names.empty() ? "" : ", ") + std::string(kReasonNames[i]);
  }
  return Expected("--reason", name, "one of " + names);
}

Result<std::string> DatabaseUrlOf(const std::string& option, const Environment& environment) {
  const Environment overlaid = Overlay(environment, {{"DATABASE_URL", option}});
  TRY(const EnvironmentConfig config, LoadEnvironment(overlaid));
  if (!config.database_url.empty()) return config.database_url;
  std::string folder;
  if (const auto state = environment("XDG_STATE_HOME"); state && state->starts_with('/')) {
    folder = *state;
  } else if (const auto home = environment("HOME"); home && home->starts_with('/')) {
    folder = *home + "/.local/state";
  } else {
    return Invalid("find the state folder: neither XDG_STATE_HOME nor HOME is set", {},
                   "name a database with --database or DATABASE_URL");
  }
  return "sqlite://" + folder + "/reprocess/reprocess.db";
}

Result<RawLinesRequest> RawLinesRequestOf(const ErrorsArguments& errors,
                                          const Environment& environment) {
  if (errors.json) {
    return Invalid("read --raw: it cannot be combined with --json", {},
                   "the lines are written as they are");
  }
  TRY(const EnvironmentConfig config, LoadEnvironment(environment));
  RawLinesRequest request;
  request.job_id = errors.job;
  request.settings = config.settings;
  TRY(request.reason, ReasonArgument(errors.reason));
  TRY(request.most, CountOf("--limit", errors.limit, 0, INT64_MAX, 0));
  return request;
}

Result<StatusRequest> StatusRequestOf(const StatusArguments& status,
                                      const Environment& environment) {
  if (status.exit_status && status.job.empty()) {
    return Invalid("read --exit-status: it needs JOB", {}, "name the job whose end is asked for");
  }
  constexpr int kIntervalsOfLife = 3;
  TRY(const EnvironmentConfig config, LoadEnvironment(environment));
  StatusRequest request{config.settings.heartbeat_interval * kIntervalsOfLife, {}};
  request.options.database = OptionText("--database", status.database, "DATABASE_URL");
  return request;
}

namespace {

// What each Step waits for, in the words of the option or variable that named it.
std::array<std::string, 4> WaitsFor(const RunArguments& run, const EnvironmentConfig& config) {
  const auto by = [](const std::string& option, const char* name, const char* variable) {
    return std::string(option.empty() ? variable : name);
  };
  return {"the database (" + by(run.database, "--database", "DATABASE_URL") + ")",
          "the list of files below PATH",
          config.kafka.brokers.empty()
              ? "Kafka, at the brokers of the job's plan"
              : fmt::format("Kafka at {} ({})", config.kafka.brokers,
                            by(run.kafka, "--kafka", "KAFKA_BOOTSTRAP_SERVERS")),
          "the streams repository (" +
              by(run.repository_url, "--repository-url", "REPOSITORY_URL") + ")"};
}

Result<RunCommand> RunCommandOf(const RunArguments& run, std::optional<RetryRequest> retry,
                                const Environment& environment) {
  const Environment overlaid =
      Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", run.kafka},
                            {"KAFKA_DESTINATIONS_TOPIC", run.topic},
                            {"DATABASE_URL", run.database},
                            {"REPROCESS_CREATE_TOPIC", run.create_topic ? "true" : ""},
                            {"REPOSITORY_URL", run.repository_url},
                            {"JOB_ID", run.job}});
  TRY(EnvironmentConfig config, LoadEnvironment(overlaid));
  RunCommand command;
  RunRequest& request = command.request;
  TRY(request.destination, TargetOf(run));
  TRY(request.given, GivenByRun(run));
  TRY(request.more_limit, MoreLimitOf(run));
  TRY(command.database_url, DatabaseUrlOf(run.database, environment));
  TRY(const auto shards, CountOf("--shards", run.shards, 1, kMostShards, 0));
  request.shards = static_cast<int>(shards);
  request.paths = run.paths;
  TRY(request.version_id, VersionOf(run.version_id, run.paths));
  request.job_id = config.job_id;
  request.again = run.again;
  request.new_only = run.new_only;
  if (run.again && run.new_only) {
    return Invalid("read --new-only: it cannot be combined with --again");
  }
  request.retry = std::move(retry);
  if (!request.retry && request.paths.empty() && request.job_id.empty()) {
    return Invalid("read arguments: no PATH to replay", {},
                   "name files or folders, or --job ID to go on with a job");
  }
  if (!request.retry && request.job_id.empty() && !request.destination &&
      config.kafka.brokers.empty()) {
    return Invalid("read arguments: no destination", {},
                   "give --kafka BROKERS --topic NAME, or --out DIR, or --dry-run");
  }
  const bool to_kafka = request.destination ? request.destination->kind == Destination::kKafka
                                            : !config.kafka.brokers.empty();
  // The worker's default is for the drop-in alone: nobody here means a topic that was not named.
  if (!request.retry && !overlaid("KAFKA_DESTINATIONS_TOPIC")) {
    config.kafka.topic.clear();
    if (to_kafka && request.job_id.empty()) {
      return Invalid("read arguments: no topic to send to", {},
                     "give --topic NAME, or set KAFKA_DESTINATIONS_TOPIC");
    }
  }
  command.waits_for = WaitsFor(run, config);
  request.kafka = std::move(config.kafka);
  request.settings = config.settings;
  request.repository_url = config.repository_url;
  request.repository_auth_token = config.repository_auth_token;
  command.log_asked = environment("LOG_LEVEL").has_value() || config.log_format == LogFormat::kJson;
  if (command.log_asked) command.log_level = config.log_level;
  command.log_format = config.log_format;
  for (auto& warning : config.warnings) command.warnings.push_back(std::move(warning));
  command.options.database = OptionText("--database", run.database, "DATABASE_URL");
  command.options.repository = OptionText("--repository-url", run.repository_url, "REPOSITORY_URL");
  command.options.kafka = OptionText("--kafka", run.kafka, "KAFKA_BOOTSTRAP_SERVERS");
  return command;
}

}  // namespace

Result<RunCommand> RunRequestOf(const RunArguments& run, const Environment& environment) {
  return RunCommandOf(run, std::nullopt, environment);
}

Result<RunCommand> RetryRequestOf(const RetryArguments& retry, const Environment& environment) {
  RetryRequest request{.job_id = retry.words.front(),
                       .lines = retry.failed_lines,
                       .files = retry.failed_files,
                       .reason = {},
                       .repaired = retry.repaired || !retry.moved.empty(),
                       .repaired_directory = retry.words.size() > 1 ? retry.words[1] : "",
                       .moved = retry.moved};
  if (retry.words.size() > 2 || (retry.words.size() == 2 && !request.repaired)) {
    return Invalid("read arguments: unexpected argument " + retry.words.back(), {},
                   "one job is retried; a folder goes with --repaired");
  }
  if (request.repaired) request.files = true;
  if (!request.lines && !request.files) request.lines = request.files = true;
  TRY(request.reason, ReasonArgument(retry.reason));
  if (request.reason && request.repaired) request.lines = true;
  if (request.reason && !retry.failed_lines && !request.repaired) request.files = false;
  if (request.reason && !request.lines) {
    return Invalid("read --reason: it is of lines, and --failed-files asks for files alone");
  }
  return RunCommandOf(retry.run, std::move(request), environment);
}

Result<InspectRequest> InspectRequestOf(const InspectArguments& inspect,
                                        const Environment& environment) {
  const Environment overlaid = Overlay(environment, {{"REPOSITORY_URL", inspect.repository_url}});
  TRY(const EnvironmentConfig config, LoadEnvironment(overlaid));
  InspectRequest request;
  Json given = Json::object();
  TRY_OK(AddFilter(inspect.filter, given));
  TRY(request.samples, CountOf("--samples", inspect.samples, 0, 1000, request.samples));
  request.paths = inspect.paths;
  TRY(request.version_id, VersionOf(inspect.version_id, inspect.paths));
  request.given = given.dump();
  request.settings = config.settings;
  request.repository_url = config.repository_url;
  request.repository_auth_token = config.repository_auth_token;
  return request;
}

Result<ControlsRequest> SetRequestOf(const SetArguments& set) {
  ControlsRequest request;
  if (set.words.size() < 2) {
    return Invalid("read arguments: nothing to set", {}, "give KEY=VALUE after the job");
  }
  request.job_id = set.words.front();
  ControlsChange& change = request.change;
  const std::map<std::string, std::optional<std::optional<std::uint64_t>>*> limits = {
      {"max_messages_per_second", &change.max_messages_per_second},
      {"max_bytes_per_second", &change.max_bytes_per_second},
      {"max_consumer_lag", &change.max_consumer_lag}};
  for (auto word = set.words.begin() + 1; word != set.words.end(); ++word) {
    const auto equals = word->find('=');
    const std::string key = word->substr(0, equals);
    const auto limit = limits.find(key);
    if (equals == std::string::npos ||
        std::ranges::find(kLimitKeys, std::string_view(key)) == kLimitKeys.end()) {
      return Invalid(fmt::format("read {}: expected KEY=VALUE", *word), {},
                     fmt::format("KEY is one of {}", fmt::join(kLimitKeys, ", ")));
    }
    const std::string value = word->substr(equals + 1);
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

Result<ControlsRequest> HoldRequestOf(const HoldArguments& hold, bool paused) {
  ControlsRequest request{.job_id = hold.job, .change = {.paused = paused}};
  return request;
}

Result<ResetRequest> ResetRequestOf(const ResetArguments& reset, const Environment& environment) {
  const Environment overlaid = Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", reset.kafka},
                                                     {"KAFKA_DESTINATIONS_TOPIC", reset.topic}});
  TRY(EnvironmentConfig config, LoadEnvironment(overlaid));
  if (reset.json && !reset.yes) {
    return Invalid("read --json: with it nothing can be asked", {}, "add --yes");
  }
  ResetRequest request;
  request.job_id = reset.job;
  if (!reset.shard.empty()) {
    TRY(const auto shard, CountOf("--shard", reset.shard, 0, INT_MAX, 0));
    request.shard = static_cast<int>(shard);
  }
  request.kafka = std::move(config.kafka);
  request.settings = config.settings;
  return request;
}

Result<VerifyRequest> VerifyRequestOf(const VerifyArguments& verify,
                                      const Environment& environment) {
  const Environment overlaid = Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", verify.kafka},
                                                     {"KAFKA_DESTINATIONS_TOPIC", verify.topic}});
  TRY(EnvironmentConfig config, LoadEnvironment(overlaid));
  VerifyRequest request;
  TRY(const auto mebibytes,
      CountOf("--memory", verify.memory, 1, kMostMebibytes, request.memory_bytes >> 20));
  TRY(request.most_findings, CountOf("--limit", verify.limit, 0, INT32_MAX, request.most_findings));
  request.memory_bytes = mebibytes << 20;
  request.job_id = verify.job;
  request.counts_only = verify.counts;
  request.kafka = std::move(config.kafka);
  request.settings = config.settings;
  return request;
}

}  // namespace reprocess
