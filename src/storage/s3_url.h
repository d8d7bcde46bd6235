// "s3://bucket/key" and where its requests go.
//
//   keys       are literal: every byte after "s3://bucket/" belongs to the key; nothing is decoded,
//              and no dot segment or double slash is tidied away. On the wire each byte but A-Z a-z
//              0-9 - _ . ~ / is encoded, once
//   style      the bucket is the path's first segment when an endpoint is given or the bucket's
//              name has a dot (no wildcard certificate covers it), else part of the host;
//              S3Settings::path_style overrules
//   errors     kCount, kInvalid
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/settings.h"

namespace reprocess {

struct S3Url {
  std::string bucket;
  std::string key;  // may be empty: the whole bucket
  bool operator==(const S3Url&) const = default;
};

inline constexpr std::string_view kS3Scheme = "s3://";

Result<S3Url> ParseS3Url(std::string_view path);

struct S3Address {
  std::string origin;  // "https://bucket.s3.eu-west-1.amazonaws.com"
  std::string host;    // as the Host header has it: without a port that the scheme implies
  std::string path;    // encoded; begins with '/'
  bool operator==(const S3Address&) const = default;
};

// `settings.endpoint` is an http or https URL, or empty.
S3Address AddressOf(const S3Settings& settings, std::string_view region, const S3Url& url);

}  // namespace reprocess
