#include <climits>

#include <fmt/format.h>

#include "config/load.h"
#include "config/value_text.h"
#include "net/http.h"

namespace reprocess {
namespace {

// Part of a transactional id, of file names and of a VARCHAR(64) column.
void CheckJobId(const std::string& id, Problems& problems) {
  constexpr std::size_t kMaxCharacters = 64;
  std::size_t characters = 0;
  for (const char c : id) characters += (c & 0xC0) != 0x80;
  if (characters > kMaxCharacters || HasControlCharacter(id) || id.find('/') != std::string::npos ||
      id == "." || id == "..") {
    problems.Add("JOB_ID", {}, Quoted(id),
                 "expected at most 64 characters, without '/' and control characters, and not "
                 "\".\" or \"..\" (it becomes part of file names and of a Kafka transactional id)");
  }
}

std::string ReadDatabaseUrl(const Variables& variables) {
  const auto url = variables.Text("DATABASE_URL");
  if (!url) return {};
  const std::string lower = LowerCase(*url);
  const bool known = lower.starts_with("postgresql://") || lower.starts_with("postgres://") ||
                     lower.starts_with("sqlite://") || lower.ends_with(".db") ||
                     lower.ends_with(".sqlite");
  if (!known || HasControlCharacter(*url)) {
    // A misspelt URL may still hold its password: only what stands before "://" is shown.
    const auto scheme = url->find("://");
    variables.problems().Add(
        "DATABASE_URL", {},
        scheme == std::string::npos ? std::string() : Quoted(url->substr(0, scheme) + "://…"),
        "expected postgresql://… or postgres://…, or an SQLite database as "
        "sqlite:///path or a path ending .db or .sqlite");
  }
  return *url;
}

void ReadRepository(const Variables& variables, EnvironmentConfig& config) {
  config.repository_url = variables.Text("REPOSITORY_URL").value_or("");
  config.repository_auth_token = variables.Text("REPOSITORY_AUTH_TOKEN").value_or("");
  const std::string lower = LowerCase(config.repository_url);
  if (!lower.empty() && !lower.starts_with("http://") && !lower.starts_with("https://")) {
    variables.problems().Add("REPOSITORY_URL", {}, Quoted(UrlForMessages(config.repository_url)),
                             "expected an http:// or https:// URL");
  }
  if (HasControlCharacter(config.repository_auth_token)) {
    variables.problems().Add("REPOSITORY_AUTH_TOKEN", {}, {},
                             "expected a token without line breaks and control characters");
  }
}

void ReadLog(const Variables& variables, EnvironmentConfig& config) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warn", LogLevel::kWarn},
                                                               {"error", LogLevel::kError}};
  constexpr std::pair<std::string_view, LogFormat> kFormats[] = {{"text", LogFormat::kText},
                                                                 {"json", LogFormat::kJson}};
  const auto choose = [&](const std::string& name, const auto& choices, auto& setting,
                          std::string_view expected) {
    const auto text = variables.Text(name);
    if (!text) return;
    for (const auto& [word, value] : choices) {
      if (word == LowerCase(*text)) {
        setting = value;
        return;
      }
    }
    variables.problems().Add(name, {}, Quoted(*text), expected);
  };
  choose("LOG_LEVEL", kLevels, config.log_level, "expected debug, info, warn or error");
  choose("LOG_FORMAT", kFormats, config.log_format, "expected text or json");
}

void ReadFailedFilesExit(const Variables& variables, EnvironmentConfig& config) {
  const auto text = variables.Text("REPROCESS_FAILED_FILES_EXIT");
  if (!text) return;
  if (*text != "0" && *text != "2") {
    variables.problems().Add("REPROCESS_FAILED_FILES_EXIT", {}, Quoted(*text),
                             "expected 2 (exit 2 when files failed) or 0 (exit 0, the default)");
  }
  config.failed_files_exit_2 = *text == "2";
}

}  // namespace

LogChoice LogChoiceOf(const Environment& environment) {
  Problems told_later;
  EnvironmentConfig config;
  ReadLog(Variables(environment, told_later), config);
  return {config.log_level, config.log_format};
}

EnvironmentConfig ReadEnvironment(const Variables& variables) {
  EnvironmentConfig config;
  if (const auto id = variables.Text("JOB_ID")) {
    config.job_id = *id;
    CheckJobId(*id, variables.problems());
  }
  const bool own_index = variables.Text("WORKER_INDEX").has_value();
  if (const auto index =
          variables.Whole(own_index ? "WORKER_INDEX" : "JOB_COMPLETION_INDEX", 0, INT_MAX)) {
    config.worker_index = static_cast<int>(*index);
  }
  if (const auto total = variables.Whole("TOTAL_WORKERS", 0, INT_MAX); total && *total > 0) {
    config.total_workers = static_cast<int>(*total);
  }
  config.database_url = ReadDatabaseUrl(variables);
  config.kafka = ReadKafkaSettings(variables, config.warnings);
  ReadRepository(variables, config);
  if (const auto directory = variables.Text("REPROCESS_CONFIG_DIR")) config.config_dir = *directory;
  ReadFailedFilesExit(variables, config);
  config.settings = ReadSettings(variables);
  config.settings.s3 = ReadS3Settings(variables);
  config.settings.metrics = ReadMetricsSettings(variables);
  ReadLog(variables, config);
  return config;
}

Result<EnvironmentConfig> LoadEnvironment(const Environment& environment) {
  Problems problems;
  EnvironmentConfig config = ReadEnvironment(Variables(environment, problems));
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return config;
}

}  // namespace reprocess
