#include "cli/job_options.h"

#include <nlohmann/json.hpp>

#include "cli/times.h"
#include "cli/values.h"
#include "config/worker_config.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

Result<void> AddConnections(const Given& given, Json& config) {
  const auto &instead = given.All(option::kConnection), &only = given.All(option::kOnlyConnection);
  if (!instead.empty() && !only.empty()) {
    return Invalid("read --only-connection: it cannot be combined with --connection", {},
                   "--only-connection keeps some of the connections that a look-up says, "
                   "--connection is instead of a look-up");
  }
  if (!instead.empty()) config["connection_ids"] = instead;
  if (!only.empty()) config["only_connections"] = only;
  return {};
}

Result<void> AddFilter(const Given& given, Json& config) {
  const std::string &from = given.Text(option::kFrom), &to = given.Text(option::kTo);
  if (!from.empty()) {
    TRY(config["date_from"], TimeOf(option::kFrom, from, false));
  }
  if (!to.empty()) {
    TRY(config["date_to"], TimeOf(option::kTo, to, true));
  }
  if (!from.empty() && !to.empty() &&
      *ParseRfc3339(config["date_from"].get<std::string>()) >
          *ParseRfc3339(config["date_to"].get<std::string>())) {
    return Invalid("read --from: " + from + " is after --to, " + to);
  }
  if (!given.All(option::kStream).empty()) config["stream_ids"] = given.All(option::kStream);
  return AddConnections(given, config);
}

Result<void> AddStart(const Given& given, Json& config) {
  const std::string &file = given.Text(option::kStartFile), &line = given.Text(option::kStartLine);
  if (!file.empty()) config["start_file"] = file;
  if (line.empty()) return {};
  if (file.empty()) {
    return Invalid("read --start-line: it needs --start-file", {},
                   "a line number means a line of that file");
  }
  TRY(config["start_line"], CountOf(option::kStartLine.name, line, 1, INT64_MAX, 1));
  return {};
}

Result<void> AddThrottle(const Given& given, Json& config) {
  const std::pair<const char*, const Option&> limits[] = {
      {"max_messages_per_second", option::kMaxMessages},
      {"max_bytes_per_second", option::kMaxBytes},
      {"max_consumer_lag", option::kMaxLag}};
  for (const auto& [key, option] : limits) {
    if (given.Text(option).empty()) continue;
    TRY(config[key], AmountOf(option.name, given.Text(option)));
  }
  if (!given.All(option::kLagGroup).empty()) config["lag_groups"] = given.All(option::kLagGroup);
  if (!given.Text(option::kMaxLag).empty() && given.All(option::kLagGroup).empty()) {
    return Invalid("read --max-consumer-lag: it needs --lag-group", {},
                   "name the consumer groups that it is about");
  }
  return {};
}

}  // namespace

Result<JobConfig> GivenConfigOf(const Given& given) {
  Json config = Json::object();
  TRY_OK(AddFilter(given, config));
  const std::string &limit = given.Text(option::kJobLimit), &most = given.Text(option::kMaxErrors);
  if (!limit.empty() && !limit.starts_with('+')) {
    TRY(config["limit"], CountOf(option::kJobLimit.name, limit, 1, INT64_MAX, 0));
  }
  TRY_OK(AddStart(given, config));
  if (!given.Text(option::kDelivery).empty()) config["delivery"] = given.Text(option::kDelivery);
  if (!most.empty()) {
    TRY(const MaxErrors max_errors, MostErrorsOf(option::kMaxErrors.name, most));
    config["max_errors"] = ToText(max_errors);
  }
  TRY_OK(AddThrottle(given, config));
  if (given.Has(option::kDryRun)) config["dry_run"] = true;
  std::vector<std::string> none;  // all keys are known
  try {
    return ParseJobConfig(config.dump(), "options", none);
  } catch (const Json::type_error&) {
    return Invalid("read arguments: an option's text is no UTF-8");
  }
}

}  // namespace reprocess
