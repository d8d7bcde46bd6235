#include "storage/s3_url.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "net/uri_encoding.h"

namespace reprocess {
namespace {

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Some services allow more than AWS does; what would leave the host's name or the path's segment is
// refused.
bool IsBucket(std::string_view bucket) {
  return !bucket.empty() && bucket != "." && bucket != ".." &&
         std::ranges::all_of(bucket,
                             [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_'; });
}

struct Origin {
  std::string scheme, host, path;
};

Origin OriginOf(std::string_view endpoint) {
  const auto scheme_end = endpoint.find("://");
  std::string_view rest = endpoint.substr(scheme_end + 3);
  const auto slash = rest.find('/');
  Origin origin{std::string(endpoint.substr(0, scheme_end)), std::string(rest.substr(0, slash)),
                slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash))};
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  std::ranges::transform(origin.scheme, origin.scheme.begin(), lower);
  std::ranges::transform(origin.host, origin.host.begin(), lower);
  const std::string_view implied = origin.scheme == "https" ? ":443" : ":80";
  if (origin.host.ends_with(implied)) origin.host.erase(origin.host.size() - implied.size());
  while (origin.path.ends_with('/')) origin.path.pop_back();
  return origin;
}

}  // namespace

Result<S3Url> ParseS3Url(std::string_view path) {
  std::string_view rest = path.substr(std::min(kS3Scheme.size(), path.size()));
  const auto slash = rest.find('/');
  S3Url url{std::string(rest.substr(0, slash)),
            slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash + 1))};
  if (!path.starts_with(kS3Scheme) || !IsBucket(url.bucket)) {
    return std::unexpected(Error{Scope::kFile, Remedy::kCount, "read path: no bucket in it",
                                 std::string(path), "expected s3://bucket/key"});
  }
  return url;
}

std::string_view AwsDomainOf(std::string_view region) {
  return region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
}

S3Address AddressOf(const S3Settings& settings, std::string_view region, const S3Url& url) {
  const bool has_endpoint = !settings.endpoint.empty();
  Origin origin{"https",
                fmt::format("s3{}{}.{}{}", settings.fips ? "-fips" : "",
                            settings.dual_stack ? ".dualstack" : "", region, AwsDomainOf(region)),
                {}};
  if (has_endpoint) origin = OriginOf(settings.endpoint);
  const bool in_path =
      settings.path_style.value_or(has_endpoint || url.bucket.find('.') != std::string::npos);
  const std::string host = in_path ? origin.host : url.bucket + "." + origin.host;
  return {
      origin.scheme + "://" + host, host,
      origin.path + (in_path ? "/" + url.bucket : "") + "/" + UriEncoded(url.key, Slash::kKept)};
}

}  // namespace reprocess
