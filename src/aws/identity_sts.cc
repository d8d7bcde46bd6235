#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/identity_source.h"
#include "aws/origin.h"
#include "aws/region.h"
#include "model/time_text.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr char kForm[] = "application/x-www-form-urlencoded; charset=utf-8";

struct Endpoint {
  std::string origin, host;
};

Endpoint EndpointOf(const IdentityContext& context) {
  std::string endpoint = TextOf(context.environment, "AWS_ENDPOINT_URL_STS");
  if (endpoint.empty()) {
    endpoint = fmt::format("https://sts{}.{}{}", context.fips ? "-fips" : "", context.region,
                           AwsDomainOf(context.region));
  }
  const Origin origin = OriginOf(endpoint);
  return {origin.scheme + "://" + origin.host, origin.host};
}

std::string FormOf(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string form = "Version=2011-06-15";
  for (const auto& [name, value] : fields) {
    if (!value.empty()) form += "&" + name + "=" + UriEncoded(value, Slash::kEncoded);
  }
  return form;
}

Result<S3Credentials> CredentialsOfXml(const std::string& text, const std::string& action,
                                       std::string_view what) {
  pugi::xml_document document;
  (void)document.load_buffer(text.data(), text.size());
  const pugi::xml_node found = document.child((action + "Response").c_str())
                                   .child((action + "Result").c_str())
                                   .child("Credentials");
  S3Credentials credentials{found.child_value("AccessKeyId"), found.child_value("SecretAccessKey"),
                            found.child_value("SessionToken"),
                            ParseRfc3339(found.child_value("Expiration"))};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      !credentials.expires) {
    return std::unexpected(
        IdentityError(fmt::format("{}: the answer holds no complete credentials", what)));
  }
  return credentials;
}

HttpRequest Post(const IdentityContext& context, const Endpoint& endpoint, std::string form) {
  return {.url = endpoint.origin + "/",
          .headers = {{"Content-Type", kForm}},
          .ca_bundle = context.ca_bundle,
          .method = "POST",
          .body = std::move(form)};
}

}  // namespace

IdentitySource WebIdentitySource(const IdentityContext& context, std::string token_file,
                                 std::string role, std::string session) {
  const std::string what = "AssumeRoleWithWebIdentity " + role;
  const auto fetch = [&context, token_file = std::move(token_file), role,
                      session = SessionName(std::move(session)),
                      what](const std::stop_token& stop) -> Result<S3Credentials> {
    TRY(const std::string token, ReadToken(token_file, what));
    const std::string form = FormOf({{"Action", "AssumeRoleWithWebIdentity"},
                                     {"RoleArn", role},
                                     {"RoleSessionName", session},
                                     {"WebIdentityToken", token}});
    TRY(const HttpResponse answer,
        Ask(context, what, Post(context, EndpointOf(context), form), stop));
    return CredentialsOfXml(answer.body, "AssumeRoleWithWebIdentity", what);
  };
  return {"web identity " + role, fetch};
}

IdentitySource AssumeRoleSource(const IdentityContext& context, AssumedRole role,
                                IdentitySource base) {
  const std::string what = "AssumeRole " + role.arn;
  std::string name = fmt::format("role {} (by {})", role.arn, base.name);
  const auto fetch = [&context, role = std::move(role), base = std::move(base),
                      what](const std::stop_token& stop) -> Result<S3Credentials> {
    TRY(const S3Credentials signer, base.fetch(stop));
    const Endpoint endpoint = EndpointOf(context);
    HttpRequest request = Post(context, endpoint,
                               FormOf({{"Action", "AssumeRole"},
                                       {"RoleArn", role.arn},
                                       {"RoleSessionName", SessionName(role.session)},
                                       {"ExternalId", role.external_id},
                                       {"DurationSeconds", role.duration_seconds}}));
    request.headers = Sign({.method = "POST",
                            .host = endpoint.host,
                            .path = "/",
                            .headers = request.headers,
                            .body = request.body,
                            .service = "sts",
                            .region = context.region},
                           signer, context.clock.Wall())
                          .headers;
    TRY(const HttpResponse answer, Ask(context, what, std::move(request), stop));
    return CredentialsOfXml(answer.body, "AssumeRole", what);
  };
  return {std::move(name), fetch};
}

}  // namespace reprocess
