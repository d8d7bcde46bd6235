#include <algorithm>
#include <array>

#include "aws/identity_source.h"

namespace reprocess {
namespace {

// Whether the default profile is there for credentials: many hold a region alone.
bool SaysCredentials(const AwsSection* profile) {
  constexpr std::array<std::string_view, 6> kKeys = {"aws_access_key_id", "aws_secret_access_key",
                                                     "role_arn",          "sso_session",
                                                     "sso_start_url",     "credential_process"};
  return profile != nullptr && std::ranges::any_of(kKeys, [&](std::string_view key) {
           return !ValueOf(*profile, key).empty();
         });
}

}  // namespace

Result<IdentitySource> EnvironmentSource(const IdentityContext& context) {
  S3Credentials credentials{TextOf(context.environment, "AWS_ACCESS_KEY_ID"),
                            TextOf(context.environment, "AWS_SECRET_ACCESS_KEY"),
                            TextOf(context.environment, "AWS_SESSION_TOKEN"),
                            {}};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return std::unexpected(IdentityError(
        "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed together"));
  }
  return IdentitySource{
      "keys of the environment",
      [credentials](const std::stop_token&) -> Result<S3Credentials> { return credentials; }};
}

Result<IdentitySource> ChooseSource(const IdentityContext& context) {
  const auto has = [&](const char* name) { return !TextOf(context.environment, name).empty(); };
  if (has("AWS_ACCESS_KEY_ID") || has("AWS_SECRET_ACCESS_KEY")) return EnvironmentSource(context);
  if (has("AWS_WEB_IDENTITY_TOKEN_FILE")) {
    if (!has("AWS_ROLE_ARN")) {
      return std::unexpected(
          IdentityError("web identity: AWS_WEB_IDENTITY_TOKEN_FILE needs AWS_ROLE_ARN"));
    }
    return WebIdentitySource(context, TextOf(context.environment, "AWS_WEB_IDENTITY_TOKEN_FILE"),
                             TextOf(context.environment, "AWS_ROLE_ARN"),
                             TextOf(context.environment, "AWS_ROLE_SESSION_NAME"));
  }
  const AwsProfiles& profiles = context.profiles;
  if (profiles.named() || SaysCredentials(profiles.Profile(profiles.active()))) {
    return ProfileSource(context, profiles.active());
  }
  if (has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || has("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    return ContainerSource(context);
  }
  if (TextOf(context.environment, "AWS_EC2_METADATA_DISABLED") == "true") {
    return std::unexpected(
        IdentityError("none are configured, and instance metadata is disabled", Remedy::kCount,
                      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role; "
                      "S3_ANONYMOUS=1 reads public objects without"));
  }
  return InstanceSource(context);
}

}  // namespace reprocess
