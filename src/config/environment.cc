#include <climits>

#include <fmt/format.h>

#include "config/load.h"
#include "config/value_text.h"
#include "model/backend.h"
#include "net/http.h"

namespace reprocess {
namespace {

template <class Value>
using Choices = std::initializer_list<std::pair<std::string_view, Value>>;

template <class Value>
void Choose(const Variables& variables, std::string_view name, Choices<Value> choices,
            Value& setting, std::string_view expected) {
  const auto text = variables.Text(name);
  if (!text) return;
  for (const auto& [word, value] : choices) {
    if (word != LowerCase(*text)) continue;
    setting = value;
    return;
  }
  variables.problems().Add(name, {}, Quoted(*text), expected);
}

}  // namespace

// Part of a transactional id, of file names and of a VARCHAR(64) column.
void ReadJobId(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  const std::string id = config.job_id = variables.Text(row.name).value_or("");
  constexpr std::size_t kMaxCharacters = 64;
  std::size_t characters = 0;
  for (const char c : id) characters += (c & 0xC0) != 0x80;
  if (characters > kMaxCharacters || HasControlCharacter(id) || id.find('/') != std::string::npos ||
      id == "." || id == "..") {
    variables.problems().Add(
        row.name, {}, Quoted(id),
        "expected at most 64 characters, without '/' and control characters, and not "
        "\".\" or \"..\" (it becomes part of file names and of a Kafka transactional id)");
  }
}

void ReadWorkerIndex(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  const std::string_view name = variables.Text(row.name) ? row.name : "JOB_COMPLETION_INDEX";
  if (const auto index = variables.Whole(name, 0, INT_MAX)) {
    config.worker_index = static_cast<int>(*index);
  }
}

void ReadTotalWorkers(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  if (const auto total = variables.Whole(row.name, 0, INT_MAX); total && *total > 0) {
    config.total_workers = static_cast<int>(*total);
  }
}

void ReadDatabaseUrl(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  const auto url = variables.Text(row.name);
  if (!url) return;
  config.database_url = *url;
  if (BackendOf(*url) && !HasControlCharacter(*url)) return;
  // A misspelt URL may still hold its password: only what stands before "://" is shown.
  const auto scheme = url->find("://");
  variables.problems().Add(
      row.name, {},
      scheme == std::string::npos ? std::string() : Quoted(url->substr(0, scheme) + "://…"),
      "expected postgresql://… or postgres://…, or an SQLite database as "
      "sqlite:///path or a path ending .db or .sqlite");
}

void ReadRepositoryUrl(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  config.repository.url = variables.Text(row.name).value_or("");
  if (config.repository.url.empty() || IsHttpUrl(config.repository.url)) return;
  variables.problems().Add(row.name, {}, Quoted(UrlForMessages(config.repository.url)),
                           "expected an http:// or https:// URL");
}

void ReadRepositoryToken(const Variables& variables, const Setting& row,
                         EnvironmentConfig& config) {
  config.repository.token = variables.Text(row.name).value_or("");
  if (!HasControlCharacter(config.repository.token)) return;
  variables.problems().Add(row.name, {}, {},
                           "expected a token without line breaks and control characters");
}

void ReadLogLevel(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  Choose<LogLevel>(variables, row.name,
                   {{"debug", LogLevel::kDebug},
                    {"info", LogLevel::kInfo},
                    {"warn", LogLevel::kWarn},
                    {"error", LogLevel::kError}},
                   config.log_level, "expected debug, info, warn or error");
}

void ReadLogFormat(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  Choose<LogFormat>(variables, row.name, {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                    config.log_format, "expected text or json");
}

void ReadFailedFilesExit(const Variables& variables, const Setting& row,
                         EnvironmentConfig& config) {
  Choose<bool>(variables, row.name, {{"2", true}, {"0", false}}, config.failed_files_exit_2,
               "expected 2 (exit 2 when files failed) or 0 (exit 0, the default)");
}

void ReadPushUrl(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  std::string& url = config.settings.metrics.push_url;
  url = variables.Text(row.name).value_or("");
  if (url.empty() || IsHttpUrl(url)) return;
  variables.problems().Add(row.name, {}, {},
                           "expected the http:// or https:// URL of a Pushgateway");
}

EnvironmentConfig ReadEnvironment(const Variables& variables) {
  EnvironmentConfig config;
  for (const auto& table : {ServiceSettings(), ReplaySettings()}) {
    for (const Setting& row : table) {
      if (row.read != nullptr) row.read(variables, row, config);
    }
  }
  CheckTimes(variables, config.settings);
  return config;
}

Result<EnvironmentConfig> LoadEnvironment(const Environment& environment) {
  Problems problems;
  EnvironmentConfig config = ReadEnvironment(Variables(environment, problems));
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return config;
}

LogChoice LogChoiceOf(const Environment& environment) {
  Problems told_later;
  const EnvironmentConfig config = ReadEnvironment(Variables(environment, told_later));
  return {config.log_level, config.log_format};
}

Milliseconds StopTimeout(const Environment& environment) {
  Problems told_later;
  return ReadEnvironment(Variables(environment, told_later)).settings.stop_timeout;
}

}  // namespace reprocess
