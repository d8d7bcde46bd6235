#include "api/settings.h"

#include <climits>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "api/tokens.h"
#include "base/trimmed.h"
#include "config/load.h"
#include "config/value_text.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMostPorts = 65'535;

using Values = std::map<std::string, std::string>;

// NAME=value a line, "export" and quotes allowed, # begins a comment.
Result<Values> ReadAdminFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Values{};
  Values values;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::string_view text = Trimmed(line);
    if (text.empty() || text.starts_with('#')) continue;
    if (text.starts_with("export ")) text = Trimmed(text.substr(7));
    const auto at = text.find('=');
    if (at == std::string_view::npos || at == 0) {
      return Invalid("read admin.env: expected NAME=value", fmt::format("{}:{}", path, number));
    }
    std::string_view value = Trimmed(text.substr(at + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    values[std::string(Trimmed(text.substr(0, at)))] = value;
  }
  return values;
}

std::vector<std::string> ListOf(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto item = Trimmed(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

void ReadPort(const Variables& variables, ServeSettings& settings) {
  for (const char* name : {"HTTP_PORT", "PORT"}) {
    if (!variables.Text(name)) continue;
    if (const auto port = variables.Whole(name, 0, kMostPorts)) {
      settings.port = static_cast<int>(*port);
    }
    return;
  }
}

void CheckTokens(const ServeSettings& settings, Problems& problems) {
  const std::pair<const char*, const std::string&> lists[] = {
      {"RAW_AUTH_TOKENS", settings.raw_tokens},
      {"AUTH_TOKENS", settings.hashed_tokens},
      {"REPROCESS_VIEW_TOKENS", settings.view_tokens}};
  for (const auto& [name, list] : lists) {
    if (!list.empty() && ListOf(list).empty()) {
      problems.Add(name, {}, {}, "there is no token in it: name one, or do not set it");
    }
  }
  const int bad = FirstWithoutHash(settings.hashed_tokens);
  if (bad > 0) {
    problems.Add("AUTH_TOKENS", fmt::format("entry {}", bad), {}, "expected salt.hash");
  }
}

// Nobody but this machine may come where nobody has to say who they are.
void ReadAddress(const Variables& variables, ServeSettings& settings, Problems& problems) {
  const bool open = !settings.has_tokens() && !settings.no_auth;
  settings.address = variables.Text("HTTP_ADDRESS").value_or(open ? "127.0.0.1" : "0.0.0.0");
  if (!open || IsLoopback(settings.address)) return;
  problems.Add("HTTP_ADDRESS", {}, Quoted(settings.address),
               "without a token only 127.0.0.1: set RAW_AUTH_TOKENS or AUTH_TOKENS, or "
               "REPROCESS_NO_AUTH=true where something else asks who comes");
}

void AddWarnings(const Variables& variables, ServeSettings& settings) {
  for (const char* name : {"K8S_CONFIG_PATH", "K8S_NAMESPACE"}) {
    if (!variables.Text(name)) continue;
    settings.warnings.push_back(fmt::format(
        "{} is read by nothing, here as in the admin service: KUBERNETES_CLIENT_CONFIG and "
        "KUBERNETES_NAMESPACE say which cluster",
        name));
  }
  if (settings.no_auth) {
    settings.warnings.emplace_back(
        "REPROCESS_NO_AUTH: everybody who reaches this service may start and cancel jobs");
  } else if (!settings.has_tokens()) {
    settings.warnings.emplace_back(
        "no tokens are set: everybody on this machine may start and cancel jobs");
  }
}

void CheckTls(const ServeSettings& settings, Problems& problems) {
  if (settings.tls_certificate.empty() == settings.tls_key.empty()) return;
  problems.Add("--tls-cert", {}, {}, "goes with --tls-key");
}

}  // namespace

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

Result<Environment> WithAdminsFile(const Environment& environment) {
  const std::string folder = environment("ADMIN_CONFIG_PATH").value_or(".");
  TRY(Values read, ReadAdminFile((std::filesystem::path(folder) / "admin.env").string()));
  const auto one = [environment,
                    file = std::move(read)](const std::string& name) -> std::optional<std::string> {
    for (const std::string& known : {"ADMIN_" + name, name}) {
      if (auto value = environment(known)) return value;
    }
    for (const std::string& known : {"ADMIN_" + name, name}) {
      const auto value = file.find(known);
      if (value != file.end() && !value->second.empty()) return value->second;
    }
    return std::nullopt;
  };
  return [one](const std::string& name) {
    auto value = one(name);
    return !value && name == "KAFKA_DESTINATIONS_TOPIC" ? one("KAFKA_DESTINATIONS_TOPIC_NAME")
                                                        : value;
  };
}

// Whoever has a token is its holder, whatever a header says: the name is only for who needs none.
void CheckUserHeader(const ServeSettings& settings, Problems& problems) {
  if (settings.user_header.empty()) return;
  if (!settings.no_auth || settings.has_tokens() || settings.trusted_proxies.empty()) {
    problems.Add("REPROCESS_USER_HEADER", {}, Quoted(settings.user_header),
                 "it needs REPROCESS_NO_AUTH=true without tokens, and REPROCESS_TRUSTED_PROXIES: "
                 "the addresses of what asks people who they are");
  }
}

Result<ServeSettings> LoadServeSettings(const Environment& environment) {
  Problems problems;
  const Variables variables(environment, problems);
  const auto text = [&](const char* name) { return variables.Text(name).value_or(""); };
  ServeSettings settings;
  settings.work = ReadEnvironment(variables);
  // The worker's default is for the drop-in alone: nobody here means a topic that was not named.
  if (!variables.Text("KAFKA_DESTINATIONS_TOPIC")) settings.work.kafka.topic.clear();
  if (settings.work.kafka.brokers.empty()) {
    settings.work.kafka.brokers = text("REPROCESSING_WORKER_KAFKA_BOOTSTRAP_SERVERS");
  }
  ReadPort(variables, settings);
  settings.raw_tokens = text("RAW_AUTH_TOKENS");
  settings.hashed_tokens = text("AUTH_TOKENS");
  settings.view_tokens = text("REPROCESS_VIEW_TOKENS");
  settings.secrets = text("TOKEN_SECRET");
  variables.Flag("REPROCESS_NO_AUTH", settings.no_auth);
  settings.cors_origins = ListOf(text("REPROCESS_CORS_ORIGINS"));
  settings.allowed_hosts = ListOf(text("REPROCESS_ALLOWED_HOSTS"));
  settings.trusted_proxies = ListOf(text("REPROCESS_TRUSTED_PROXIES"));
  settings.user_header = LowerCase(text("REPROCESS_USER_HEADER"));
  settings.metrics_token = text("REPROCESS_METRICS_TOKEN");
  settings.tls_certificate = text("REPROCESS_TLS_CERT");
  settings.tls_key = text("REPROCESS_TLS_KEY");
  CheckTokens(settings, problems);
  CheckUserHeader(settings, problems);
  CheckTls(settings, problems);
  ReadAddress(variables, settings, problems);
  if (!problems.empty()) return std::unexpected(problems.ToError());
  settings.warnings = settings.work.warnings;
  AddWarnings(variables, settings);
  return settings;
}

}  // namespace reprocess
