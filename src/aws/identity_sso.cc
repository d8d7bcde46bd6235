#include <array>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "aws/identity_source.h"
#include "aws/region.h"
#include "base/sha256.h"
#include "model/time_text.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr char kLogIn[] = "run `aws sso login`";

// The name of a cached token: SHA-1 of the session's name, or of the start URL.
std::string Sha1Hex(std::string_view text) {
  std::array<unsigned char, 20> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  return Hex(digest);
}

Result<std::string> CachedToken(const IdentityContext& context, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto member = [&](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string()
               ? json[name].get<std::string>()
               : std::string();
  };
  const std::string token = member("accessToken");
  if (token.empty()) {
    return std::unexpected(
        IdentityError("SSO: no cached token in " + path, Remedy::kCount, kLogIn));
  }
  const auto expires = ParseRfc3339(member("expiresAt"));
  if (!expires || *expires <= context.clock.Wall()) {
    return std::unexpected(
        IdentityError("SSO: the cached token has expired", Remedy::kCount, kLogIn));
  }
  return token;
}

Result<S3Credentials> CredentialsOfSso(const std::string& text, std::string_view what) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto role = json.is_object() ? json.find("roleCredentials") : json.end();
  try {
    if (role != json.end()) {
      return S3Credentials{role->at("accessKeyId").get<std::string>(),
                           role->at("secretAccessKey").get<std::string>(),
                           role->at("sessionToken").get<std::string>(),
                           WallTime(Milliseconds(role->at("expiration").get<std::int64_t>()))};
    }
  } catch (const nlohmann::json::exception&) {
    // What is missing is said below.
  }
  return std::unexpected(
      IdentityError(fmt::format("{}: the answer holds no complete roleCredentials", what)));
}

}  // namespace

Result<IdentitySource> SsoSource(const IdentityContext& context, const AwsSection& profile) {
  const std::string session = ValueOf(profile, "sso_session");
  const AwsSection* settings = &profile;
  if (!session.empty()) {
    settings = context.profiles.SsoSession(session);
    if (settings == nullptr) {
      return std::unexpected(
          IdentityError(fmt::format("SSO: there is no [sso-session {}]", session)));
    }
  }
  const std::string start_url = ValueOf(*settings, "sso_start_url");
  const std::string region = ValueOf(*settings, "sso_region");
  const std::string account = ValueOf(profile, "sso_account_id");
  const std::string role = ValueOf(profile, "sso_role_name");
  if (start_url.empty() || region.empty() || account.empty() || role.empty()) {
    return std::unexpected(IdentityError(
        "SSO: sso_start_url, sso_region, sso_account_id and sso_role_name are needed"));
  }
  const std::string path = fmt::format("{}/.aws/sso/cache/{}.json", context.profiles.home(),
                                       Sha1Hex(session.empty() ? start_url : session));
  const std::string what = fmt::format("SSO role {} of account {}", role, account);
  const auto fetch = [&context, path, region, account, role,
                      what](const std::stop_token& stop) -> Result<S3Credentials> {
    TRY(const std::string token, CachedToken(context, path));
    std::string origin = TextOf(context.environment, "AWS_ENDPOINT_URL_SSO");
    if (origin.empty()) {
      origin = fmt::format("https://portal.sso.{}{}", region, AwsDomainOf(region));
    }
    TRY(const HttpResponse answer,
        Ask(context, what,
            {.url = fmt::format("{}/federation/credentials?role_name={}&account_id={}", origin,
                                UriEncoded(role, Slash::kEncoded),
                                UriEncoded(account, Slash::kEncoded)),
             .headers = {{"x-amz-sso_bearer_token", token}},
             .ca_bundle = context.ca_bundle},
            stop));
    return CredentialsOfSso(answer.body, what);
  };
  return IdentitySource{what, fetch};
}

}  // namespace reprocess
