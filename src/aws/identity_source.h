// The ways to come by credentials, each a source that can be asked again. ChooseSource says which
// one counts (identity_chain.cc); identity.h keeps what that one gave.
//
//   errors     kCount, kNotAuthorized, with the service's own words: "get credentials:
//              AssumeRoleWithWebIdentity arn:…: HTTP 403 AccessDenied: …". kRetry when the service
//              could not be reached or was not well. Never the body of a good answer
//   endpoints  AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_SSO, AWS_EC2_METADATA_SERVICE_ENDPOINT and
//              the container's variables name others than AWS's own
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aws/profiles.h"
#include "aws/sign.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/result.h"
#include "net/http.h"

namespace reprocess {

// What every source needs. It outlives them all.
struct IdentityContext {
  Environment environment;
  AwsProfiles profiles;
  std::string region;     // of STS and SSO
  std::string ca_bundle;  // not for container and instance metadata
  bool fips = false;
  Clock& clock;
};

struct IdentitySource {
  std::string name;  // "web identity arn:aws:iam::1:role/r"; for people
  std::function<Result<S3Credentials>(const std::stop_token&)> fetch;
};

// The first one that is configured, in this order: environment, web identity, profile, container,
// instance metadata. The choice is final: one that is configured wrongly, or by halves, is an
// error, and the next one is not tried in its place.
Result<IdentitySource> ChooseSource(const IdentityContext& context);

// The sources. Whether a path, a role or a profile is right shows only when one is fetched from.
Result<IdentitySource> EnvironmentSource(const IdentityContext& context);
IdentitySource WebIdentitySource(const IdentityContext& context, std::string token_file,
                                 std::string role, std::string session);
Result<IdentitySource> ProfileSource(const IdentityContext& context, const std::string& name);
Result<IdentitySource> ContainerSource(const IdentityContext& context);
IdentitySource InstanceSource(const IdentityContext& context);
IdentitySource ProcessSource(const IdentityContext& context, std::string command);
Result<IdentitySource> SsoSource(const IdentityContext& context, const AwsSection& profile);

struct AssumedRole {
  std::string arn, session, external_id, duration_seconds;  // the last two may be empty
};
IdentitySource AssumeRoleSource(const IdentityContext& context, AssumedRole role,
                                IdentitySource base);

// Sends the request, in up to four tries of 5 s each. An answer other than 200 is an error. `what`
// names the call in messages.
Result<HttpResponse> Ask(const IdentityContext& context, std::string_view what, HttpRequest request,
                         const std::stop_token& stop);

// The credentials in a JSON object that has AccessKeyId, SecretAccessKey, Expiration and, under
// `token_name`, the token.
Result<S3Credentials> CredentialsOfJson(std::string_view text, std::string_view token_name,
                                        std::string_view what);

// The file's text without the white space around it; an empty file is an error.
Result<std::string> ReadToken(const std::string& path, std::string_view what);

// "get credentials: <what>", kNotAuthorized.
Error IdentityError(std::string what, Remedy remedy = Remedy::kCount, std::string hint = {});

// `role_session_name`, or a name that says who we are.
std::string SessionName(std::string given);

}  // namespace reprocess
