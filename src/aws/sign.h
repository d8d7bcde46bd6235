// AWS Signature Version 4, for requests whose path is encoded once and sent as it stands (S3).
//
//   canonical  query parameters are encoded and sorted bytewise; all given headers are signed, with
//              names in lower case and white space in values folded
//   proof      tests/s3/test_sign.py compares thousands of random requests with botocore
//   threads    any
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/http.h"

namespace reprocess {

// Holds secrets: never part of a message.
struct S3Credentials {
  std::string access_key_id, secret_access_key;
  std::string session_token;        // empty for permanent ones
  std::optional<WallTime> expires;  // nullopt: never
};

struct UnsignedRequest {
  std::string method, host;
  std::string path;                                          // encoded
  std::vector<std::pair<std::string, std::string>> query{};  // not encoded
  std::vector<HttpHeader> headers{};                         // besides Host
  std::string body{};
  std::string service = "s3";
  std::string region;
};

struct SignedRequest {
  std::string target;               // path and, where there is one, "?" and the query
  std::vector<HttpHeader> headers;  // the given ones and those of the signature
};

SignedRequest Sign(const UnsignedRequest& request, const S3Credentials& credentials, WallTime now);

// Without a signature: what Sign makes of path and query.
std::string TargetOf(const UnsignedRequest& request);

}  // namespace reprocess
