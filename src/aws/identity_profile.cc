#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "aws/identity_source.h"

namespace reprocess {
namespace {

constexpr std::size_t kMaxHops = 5;

std::unexpected<Error> ProfileError(const std::string& name, std::string_view why) {
  return std::unexpected(IdentityError(fmt::format("profile {}: {}", name, why)));
}

Result<IdentitySource> StaticSource(const std::string& name, const AwsSection& profile) {
  S3Credentials credentials{ValueOf(profile, "aws_access_key_id"),
                            ValueOf(profile, "aws_secret_access_key"),
                            ValueOf(profile, "aws_session_token"),
                            {}};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return ProfileError(name, "aws_access_key_id and aws_secret_access_key are needed together");
  }
  return IdentitySource{
      "keys of profile " + name,
      [credentials](const std::stop_token&) -> Result<S3Credentials> { return credentials; }};
}

Result<IdentitySource> NamedSource(const IdentityContext& context, const std::string& profile,
                                   const std::string& source) {
  if (source == "Environment") return EnvironmentSource(context);
  if (source == "Ec2InstanceMetadata") return InstanceSource(context);
  if (source == "EcsContainer") return ContainerSource(context);
  return ProfileError(profile, fmt::format("credential_source {} is unknown: expected Environment, "
                                           "Ec2InstanceMetadata or EcsContainer",
                                           source));
}

// `path`: the profiles that led here.
Result<IdentitySource> Resolve(const IdentityContext& context, const std::string& name,
                               std::vector<std::string> path) {
  const AwsSection* found = context.profiles.Profile(name);
  if (found == nullptr) return ProfileError(name, "there is none of that name");
  const AwsSection& profile = *found;
  const auto value = [&](std::string_view key) { return ValueOf(profile, key); };
  const std::string role = value("role_arn");
  const bool own_keys =
      !value("aws_access_key_id").empty() || !value("aws_secret_access_key").empty();
  // A profile that is its own source gives its keys, not its role.
  const bool from_itself = !path.empty() && path.back() == name;
  if (!role.empty() && !from_itself) {
    if (!value("mfa_serial").empty())
      return ProfileError(name, "mfa_serial: nobody is here to ask");
    if (const std::string file = value("web_identity_token_file"); !file.empty()) {
      return WebIdentitySource(context, file, role, value("role_session_name"));
    }
    const std::string source = value("source_profile"), service = value("credential_source");
    if (source.empty() == service.empty()) {
      return ProfileError(name,
                          "role_arn needs source_profile or credential_source, and one alone");
    }
    const bool circle = source != name && std::ranges::find(path, source) != path.end();
    if (circle || path.size() >= kMaxHops) {
      return ProfileError(name, "source_profile leads in a circle");
    }
    path.push_back(name);
    TRY(IdentitySource base,
        source.empty() ? NamedSource(context, name, service) : Resolve(context, source, path));
    return AssumeRoleSource(
        context,
        {role, value("role_session_name"), value("external_id"), value("duration_seconds")},
        std::move(base));
  }
  if (own_keys) return StaticSource(name, profile);
  if (!value("sso_session").empty() || !value("sso_start_url").empty()) {
    return SsoSource(context, profile);
  }
  if (const std::string command = value("credential_process"); !command.empty()) {
    return ProcessSource(context, command);
  }
  return ProfileError(name, "it says nothing of credentials");
}

}  // namespace

Result<IdentitySource> ProfileSource(const IdentityContext& context, const std::string& name) {
  return Resolve(context, name, {});
}

}  // namespace reprocess
