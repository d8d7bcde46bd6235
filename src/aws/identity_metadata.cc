#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "aws/identity_source.h"

namespace reprocess {
namespace {

constexpr char kContainerHost[] = "http://169.254.170.2";
constexpr char kMetadataHost[] = "http://169.254.169.254";
constexpr char kRolePath[] = "/latest/meta-data/iam/security-credentials/";

// A token in clear goes to this machine or to the agents' own addresses alone.
bool IsTrusted(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  std::string_view host = url.substr(kScheme.size());
  host = host.substr(0, host.find('/'));
  if (host.find('@') != std::string_view::npos) return false;
  host =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  constexpr std::array<std::string_view, 5> kHosts = {"localhost", "[::1]", "169.254.170.2",
                                                      "169.254.170.23", "[fd00:ec2::23]"};
  return host.starts_with("127.") || std::ranges::find(kHosts, host) != kHosts.end();
}

}  // namespace

Result<IdentitySource> ContainerSource(const IdentityContext& context) {
  const std::string relative =
      TextOf(context.environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string url = relative.empty()
                              ? TextOf(context.environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
                              : kContainerHost + relative;
  if (!IsTrusted(url)) {
    return std::unexpected(IdentityError(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI: neither https nor a loopback, ECS or EKS address"));
  }
  const std::string what = "container credentials";
  const auto fetch = [&context, url, what](const std::stop_token& stop) -> Result<S3Credentials> {
    std::string token = TextOf(context.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const std::string file = TextOf(context.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (!file.empty()) {
      TRY(token, ReadToken(file, what));
    }
    HttpRequest request{.url = url, .proxy = ""};
    if (!token.empty()) request.headers.push_back({"Authorization", token});
    TRY(const HttpResponse answer, Ask(context, what, std::move(request), stop));
    return CredentialsOfJson(answer.body, "Token", what);
  };
  return IdentitySource{"container " + UrlForMessages(url), fetch};
}

IdentitySource InstanceSource(const IdentityContext& context) {
  const std::string what = "instance metadata";
  const auto fetch = [&context, what](const std::stop_token& stop) -> Result<S3Credentials> {
    std::string host = TextOf(context.environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (host.empty()) host = kMetadataHost;
    while (host.ends_with('/')) host.pop_back();
    const auto ask = [&](std::string_view method, const std::string& path, HttpHeader header) {
      // Without such a service the address leads nowhere: a second is long for a link-local one.
      return Ask(context, what,
                 {.url = host + path,
                  .headers = {std::move(header)},
                  .method = std::string(method),
                  .connect_timeout = Milliseconds(1'000),
                  .proxy = ""},
                 stop);
    };
    TRY(const HttpResponse token,
        ask("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds", "21600"}));
    const HttpHeader session{"X-aws-ec2-metadata-token", token.body};
    TRY(const HttpResponse roles, ask("GET", kRolePath, session));
    const std::string role = roles.body.substr(0, roles.body.find_first_of("\r\n"));
    TRY(const HttpResponse answer, ask("GET", kRolePath + role, session));
    return CredentialsOfJson(answer.body, "Token", what + " of role " + role);
  };
  return {"instance metadata", fetch};
}

}  // namespace reprocess
