#include "aws/sign.h"

#include <algorithm>
#include <cctype>
#include <ctime>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/sha256.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

Sha256Digest Hmac(std::string_view key, std::string_view text) {
  Sha256Digest digest{};
  unsigned int size = digest.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return digest;
}

Sha256Digest Hmac(const Sha256Digest& key, std::string_view text) {
  return Hmac({reinterpret_cast<const char*>(key.data()), key.size()}, text);
}

// "20260501T142233Z".
std::string TimeStamp(WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Without white space at the ends, runs of it made one space.
std::string Folded(std::string_view value) {
  std::string folded;
  bool gap = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      gap = !folded.empty();
      continue;
    }
    if (gap) folded += ' ';
    gap = false;
    folded += c;
  }
  return folded;
}

std::string CanonicalQuery(const UnsignedRequest& request) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : request.query) {
    encoded.emplace_back(UriEncoded(name, Slash::kEncoded), UriEncoded(value, Slash::kEncoded));
  }
  std::ranges::sort(encoded);
  std::string query;
  for (const auto& [name, value] : encoded) {
    if (!query.empty()) query += '&';
    query += name + "=" + value;
  }
  return query;
}

}  // namespace

std::string TargetOf(const UnsignedRequest& request) {
  const std::string query = CanonicalQuery(request);
  return query.empty() ? request.path : request.path + "?" + query;
}

SignedRequest Sign(const UnsignedRequest& request, const S3Credentials& credentials, WallTime now) {
  const std::string stamp = TimeStamp(now);
  const std::string_view day = std::string_view(stamp).substr(0, 8);
  const std::string payload = Hex(Sha256(request.body));
  SignedRequest result{TargetOf(request), request.headers};
  result.headers.push_back({"x-amz-date", stamp});
  if (request.service == "s3") result.headers.push_back({"x-amz-content-sha256", payload});
  if (!credentials.session_token.empty()) {
    result.headers.push_back({"x-amz-security-token", credentials.session_token});
  }

  std::vector<std::pair<std::string, std::string>> canonical{{"host", request.host}};
  for (const auto& [name, value] : result.headers) {
    canonical.emplace_back(LowerCase(name), Folded(value));
  }
  std::ranges::sort(canonical);
  std::string lines, names;
  for (const auto& [name, value] : canonical) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical_request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path, CanonicalQuery(request),
                  lines, names, payload);

  const std::string scope =
      fmt::format("{}/{}/{}/aws4_request", day, request.region, request.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp, scope, Hex(Sha256(canonical_request)));
  const Sha256Digest key =
      Hmac(Hmac(Hmac(Hmac("AWS4" + credentials.secret_access_key, day), request.region),
                request.service),
           "aws4_request");
  result.headers.push_back(
      {"Authorization",
       fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                   credentials.access_key_id, scope, names, Hex(Hmac(key, to_sign)))});
  return result;
}

}  // namespace reprocess
