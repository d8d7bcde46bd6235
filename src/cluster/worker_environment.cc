#include "cluster/worker_environment.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/trimmed.h"
#include "config/problems.h"
#include "config/settings_table.h"

namespace reprocess {
namespace {

// Of each pod, of this machine, or made of what follows below.
constexpr std::string_view kNotPassedOn[] = {"JOB_ID",
                                             "WORKER_INDEX",
                                             "JOB_COMPLETION_INDEX",
                                             "TOTAL_WORKERS",
                                             "REPROCESS_FAILED_FILES_EXIT",
                                             "REPROCESS_CONFIG_DIR",
                                             "REPROCESS_LOCAL_ROOT",
                                             "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                             "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                             "DATABASE_URL",
                                             "KAFKA_BOOTSTRAP_SERVERS",
                                             "KAFKA_DESTINATIONS_TOPIC",
                                             "REPOSITORY_URL",
                                             "REPOSITORY_AUTH_TOKEN",
                                             "KAFKA_SSL_CA_FILE",
                                             "AWS_CA_BUNDLE",
                                             "AWS_WEB_IDENTITY_TOKEN_FILE",
                                             "AWS_ROLE_ARN",
                                             "AWS_PROFILE"};
constexpr std::string_view kKeys[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SESSION_TOKEN"};

bool IsOneOf(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// librdkafka's properties that name a file, by how their names end.
bool NamesAFile(std::string_view property) {
  return property.ends_with(".location") || property.ends_with(".keytab") ||
         property.ends_with(".file");
}

bool NamesThisMachine(std::string_view address) {
  return std::ranges::any_of(std::array<std::string_view, 3>{"localhost", "127.0.0.1", "[::1]"},
                             [&](std::string_view name) { return address.contains(name); });
}

class Collector {
 public:
  Collector(const Environment& environment, const WorkerIdentity& identity)
      : environment_(environment), identity_(identity) {}

  std::string Text(std::string_view name) const {
    return environment_(std::string(name)).value_or("");
  }
  void Put(std::string_view name, std::string value) {
    result_.variables.emplace_back(name, std::move(value));
  }

  // As tools that look at the Secret expect: these are always there.
  void PutService(const Destination& destination) {
    const std::string brokers = Text("REPROCESSING_WORKER_KAFKA_BOOTSTRAP_SERVERS");
    Put("DATABASE_URL", Text("DATABASE_URL"));
    Put("KAFKA_BOOTSTRAP_SERVERS", brokers.empty() ? destination.brokers : brokers);
    Put("KAFKA_DESTINATIONS_TOPIC", destination.topic);
    Put("REPOSITORY_URL", Text("REPOSITORY_URL"));
    Put("REPOSITORY_AUTH_TOKEN", Text("REPOSITORY_AUTH_TOKEN"));
  }

  void PutSettings(std::span<const Setting> settings) {
    for (const Setting& setting : settings) {
      if (IsOneOf(kNotPassedOn, setting.name)) continue;
      if (identity_.service_account && IsOneOf(kKeys, setting.name)) continue;
      if (std::string value = Text(setting.name); !value.empty()) {
        Put(setting.name, std::move(value));
      }
    }
  }

  void PutKafkaAuthority() {
    const std::string path = Text("KAFKA_SSL_CA_FILE");
    if (path.empty()) return;
    if (IsMounted(path)) return Put("KAFKA_SSL_CA_FILE", path);
    std::string pem = Read("KAFKA_SSL_CA_FILE", path);
    if (Text("KAFKA_SSL_CA").empty()) Put("KAFKA_SSL_CA", std::move(pem));
  }

  void PutS3Authorities() {
    const std::string path = Text("AWS_CA_BUNDLE");
    if (path.empty()) return;
    if (IsMounted(path)) return Put("AWS_CA_BUNDLE", path);
    result_.authorities = Read("AWS_CA_BUNDLE", path);
    Put("AWS_CA_BUNDLE", fmt::format("{}/{}", kJobFolder, kAuthoritiesFile));
  }

  void CheckFiles() {
    for (const std::string_view name : {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_PROFILE"}) {
      if (Text(name).empty() || identity_.service_account) continue;
      problems_.Add(name, {}, {},
                    "it rests on files of this machine: give the pods a service account, AWS keys, "
                    "or an existing Secret");
    }
    std::istringstream lines(Text("KAFKA_PROPERTIES"));
    for (std::string line; std::getline(lines, line);) CheckProperty(line);
  }

  void WarnOfThisMachine() {
    for (const auto& [name, value] : result_.variables) {
      if (name != "DATABASE_URL" && name != "KAFKA_BOOTSTRAP_SERVERS") continue;
      if (!NamesThisMachine(value)) continue;
      result_.warnings.push_back(
          fmt::format("{} names this machine, and in a pod that is the pod itself: its workers "
                      "will not reach it",
                      name));
    }
  }

  void WarnOfSession() {
    if (identity_.service_account || Text("AWS_SESSION_TOKEN").empty()) return;
    result_.warnings.push_back(
        "AWS_SESSION_TOKEN: these keys expire, and pods that start later cannot read; a service "
        "account (--service-account) does not");
  }

  Result<WorkerEnvironment> Take() && {
    if (!problems_.empty()) return std::unexpected(problems_.ToError());
    return std::move(result_);
  }

 private:
  bool IsMounted(std::string_view path) const {
    return std::ranges::any_of(identity_.mounted, [&](const std::string& folder) {
      return path.starts_with(folder) &&
             (path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/');
    });
  }

  std::string Read(std::string_view name, const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) problems_.Add(name, {}, Quoted(path), "expected a PEM file that can be read");
    return text.str();
  }

  void CheckProperty(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    const std::string_view name = Trimmed(line.substr(0, equals));
    if (name.starts_with('#') || !NamesAFile(name)) return;
    if (IsMounted(Trimmed(line.substr(equals + 1)))) return;
    problems_.Add("KAFKA_PROPERTIES", name, {},
                  "it names a file that pods do not have: mount it by volumes and volumeMounts of "
                  "the values file, or for an authority set KAFKA_SSL_CA_FILE");
  }

  const Environment& environment_;
  const WorkerIdentity& identity_;
  WorkerEnvironment result_;
  Problems problems_;
};

}  // namespace

Result<WorkerEnvironment> EnvironmentForWorkers(const Environment& environment,
                                                const Destination& destination,
                                                const WorkerIdentity& identity) {
  Collector collector(environment, identity);
  collector.PutService(destination);
  collector.PutSettings(ServiceSettings());
  collector.PutSettings(ReplaySettings());
  collector.PutKafkaAuthority();
  collector.PutS3Authorities();
  collector.CheckFiles();
  collector.WarnOfThisMachine();
  collector.WarnOfSession();
  return std::move(collector).Take();
}

}  // namespace reprocess
