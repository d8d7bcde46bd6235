// AWS's shared configuration: profiles, SSO sessions and services of ~/.aws/config and
// ~/.aws/credentials.
//
//   files      AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name others in their place. A file
//              that is absent counts as an empty one; one that cannot be read is an error. Of a key
//              that both files have, the credentials file's value counts
//   read       "key = value" lines. Comments (#, ;) are passed over, and so are indented
//              sub-settings, but for those of "s3 =" in a services section
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"

namespace reprocess {

using AwsSection = std::map<std::string, std::string, std::less<>>;

// The value of a key; empty when there is none.
std::string ValueOf(const AwsSection& section, std::string_view key);

class AwsProfiles {
 public:
  static Result<AwsProfiles> Load(const Environment& environment);

  // nullptr where there is none of that name.
  const AwsSection* Profile(std::string_view name) const;
  const AwsSection* SsoSession(std::string_view name) const;
  const AwsSection* S3Service(std::string_view name) const;  // what is below "s3 =" in [services x]

  // AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
  const std::string& active() const { return active_; }
  bool named() const { return named_; }  // by one of those variables
  const std::string& home() const { return home_; }

 private:
  enum class Kind { kConfig, kCredentials };
  Result<void> Read(const std::string& path, Kind kind);

  std::map<std::string, AwsSection, std::less<>> profiles_, sso_sessions_, s3_services_;
  std::string active_ = "default", home_;
  bool named_ = false;
};

// The value of a variable without the white space around it.
std::string TextOf(const Environment& environment, const std::string& name);

}  // namespace reprocess
