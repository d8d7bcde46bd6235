#include "storage/s3_url.h"

#include <algorithm>

#include <fmt/format.h>

#include "aws/origin.h"
#include "aws/region.h"
#include "base/characters.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

// Some services allow more than AWS does; what would leave the host's name or the path's segment is
// refused.
bool IsBucket(std::string_view bucket) {
  return !bucket.empty() && bucket != "." && bucket != ".." &&
         std::ranges::all_of(
             bucket, [](char c) { return IsLetterOrDigit(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

Result<S3Url> ParseS3Url(std::string_view path) {
  std::string_view rest = path.substr(std::min(kS3Scheme.size(), path.size()));
  const auto slash = rest.find('/');
  S3Url url{std::string(rest.substr(0, slash)),
            slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash + 1))};
  if (!path.starts_with(kS3Scheme) || !IsBucket(url.bucket)) {
    return FileError("read path: no bucket in it", std::string(path), "expected s3://bucket/key",
                     Code::kInvalid);
  }
  return url;
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
