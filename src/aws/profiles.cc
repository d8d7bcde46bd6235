#include "aws/profiles.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/trimmed.h"

namespace reprocess {
namespace {

// A value ends where white space and a comment sign follow.
std::string_view WithoutComment(std::string_view value) {
  for (std::size_t at = 1; at < value.size(); ++at) {
    const bool sign = value[at] == '#' || value[at] == ';';
    if (sign && kWhiteSpace.contains(value[at - 1])) return value.substr(0, at);
  }
  return value;
}

// "profile x" → "x" where the line is "[profile x]" of a configuration file.
std::string_view NameAfter(std::string_view word, std::string_view title) {
  if (!title.starts_with(word)) return {};
  const std::string_view rest = title.substr(word.size());
  if (rest.empty() || !kWhiteSpace.contains(rest.front())) return {};
  std::string_view name = Trimmed(rest);
  if (name.size() > 1 && name.front() == name.back() && (name[0] == '"' || name[0] == '\'')) {
    name = name.substr(1, name.size() - 2);
  }
  return name;
}

}  // namespace

std::string TextOf(const Environment& environment, const std::string& name) {
  return std::string(Trimmed(environment(name).value_or("")));
}

std::string ValueOf(const AwsSection& section, std::string_view key) {
  const auto found = section.find(key);
  return found == section.end() ? std::string() : found->second;
}

Result<AwsProfiles> AwsProfiles::Load(const Environment& environment) {
  AwsProfiles profiles;
  profiles.home_ = TextOf(environment, "HOME");
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    const std::string value = TextOf(environment, name);
    if (value.empty()) continue;
    profiles.active_ = value;
    profiles.named_ = true;
    break;
  }
  const auto path = [&](const char* variable, const char* file) {
    const std::string named = TextOf(environment, variable);
    return !named.empty() ? named : profiles.home_.empty() ? "" : profiles.home_ + "/.aws/" + file;
  };
  TRY_OK(profiles.Read(path("AWS_CONFIG_FILE", "config"), Kind::kConfig));
  TRY_OK(profiles.Read(path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), Kind::kCredentials));
  return profiles;
}

Result<void> AwsProfiles::Read(const std::string& path, Kind kind) {
  if (path.empty()) return {};
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return FileError(std::string("read AWS configuration: ") + std::strerror(errno), path, {},
                     Code::kNotAuthorized);
  }
  AwsSection* section = nullptr;
  std::string services, service;  // the names of the services section and of the service in it
  for (std::string raw; std::getline(file, raw);) {
    const std::string_view line = Trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (raw.front() == '[') {
      const std::string_view title = Trimmed(line.substr(1, line.find(']') - 1));
      section = nullptr;
      services = NameAfter("services", title);
      service.clear();
      if (kind == Kind::kCredentials || title == "default") {
        section = &profiles_[std::string(title)];
      } else if (const auto name = NameAfter("profile", title); !name.empty()) {
        section = &profiles_[std::string(name)];
      } else if (const auto session = NameAfter("sso-session", title); !session.empty()) {
        section = &sso_sessions_[std::string(session)];
      }
      continue;
    }
    const auto equals = line.find('=');
    if (!services.empty() && equals != std::string_view::npos) {
      const std::string key(Trimmed(line.substr(0, equals)));
      if (!kWhiteSpace.contains(raw.front())) {
        service = key;
      } else if (service == "s3") {
        s3_services_[services][key] = Trimmed(WithoutComment(line.substr(equals + 1)));
      }
      continue;
    }
    if (section == nullptr || kWhiteSpace.contains(raw.front()) ||
        equals == std::string_view::npos) {
      continue;
    }
    (*section)[std::string(Trimmed(line.substr(0, equals)))] =
        Trimmed(WithoutComment(line.substr(equals + 1)));
  }
  return {};
}

const AwsSection* AwsProfiles::Profile(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

const AwsSection* AwsProfiles::S3Service(std::string_view name) const {
  const auto found = s3_services_.find(name);
  return found == s3_services_.end() ? nullptr : &found->second;
}

const AwsSection* AwsProfiles::SsoSession(std::string_view name) const {
  const auto found = sso_sessions_.find(name);
  return found == sso_sessions_.end() ? nullptr : &found->second;
}

}  // namespace reprocess
