// Makes signed requests for one service, and knows what to do about its answers.
//
//   region     a bucket's own, once the service has named it
//   errors     those of s3_error.h and aws/identity_source.h
//   threads    any
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "aws/identity.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/settings.h"
#include "net/http.h"
#include "storage/s3_error.h"
#include "storage/s3_url.h"

namespace reprocess {

struct S3Request {
  std::string method = "GET";
  S3Url url{};
  std::vector<std::pair<std::string, std::string>> query{};
  std::vector<HttpHeader> headers{};
};

// A request that is ready to be sent, and what it was signed with, so that a refusal can be
// understood.
struct PreparedRequest {
  std::string url;
  std::vector<HttpHeader> headers;
  S3Credentials credentials;
  std::string region;
};

class S3Client {
 public:
  // `identity` is null for anonymous requests. `clock` is borrowed for its life. `retried` is told
  // of each request that is sent again.
  S3Client(S3Settings settings, std::string region, std::unique_ptr<S3Identity> identity,
           Clock& clock, std::function<void()> retried = {});

  Result<PreparedRequest> Prepare(const S3Request& request, const std::stop_token& stop);

  // Learns from a refusal: the bucket's region, or that the token has expired. True when the
  // request, prepared anew, is worth sending again at once.
  bool Learn(const S3Request& request, const PreparedRequest& sent, const HttpResponse& answer,
             const ServiceError& error);

  // Sends a small request, with retries. Every answer but 200 is an error; `action` and `where`
  // name it.
  Result<HttpResponse> Send(const S3Request& request, std::string_view action,
                            std::string_view where, const std::stop_token& stop);

  const S3Settings& settings() const { return settings_; }
  Clock& clock() { return clock_; }
  void CountRetry() const {
    if (retried_) retried_();
  }

 private:
  std::string RegionOf(const std::string& bucket);

  const S3Settings settings_;
  const std::string region_;
  const std::unique_ptr<S3Identity> identity_;
  Clock& clock_;
  const std::function<void()> retried_;
  std::mutex mutex_;
  std::map<std::string, std::string> bucket_regions_;
};

// How long the service asks to be left alone (Retry-After, in seconds), at most a minute.
Milliseconds RetryAfter(const std::vector<HttpHeader>& headers);

inline constexpr Milliseconds kMostRetryWait{10'000};

}  // namespace reprocess
