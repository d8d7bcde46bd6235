#include "storage/s3_client.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace reprocess {
namespace {

constexpr Milliseconds kAnswerTimeout{60'000};
constexpr std::uint64_t kMaxAnswer = 64 << 20;  // a page of 1,000 keys of 1,024 bytes, encoded
constexpr int kMostLearned = 3;                 // of one request: region, token, region of another

}  // namespace

Milliseconds RetryAfter(const std::vector<HttpHeader>& headers) {
  const std::string_view text = HeaderOf(headers, "retry-after");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0, 60));
}

S3Client::S3Client(S3Settings settings, std::string region, std::unique_ptr<S3Identity> identity,
                   Clock& clock, std::function<void()> retried)
    : settings_(std::move(settings)),
      region_(std::move(region)),
      identity_(std::move(identity)),
      clock_(clock),
      retried_(std::move(retried)) {}

std::string S3Client::RegionOf(const std::string& bucket) {
  const std::scoped_lock lock(mutex_);
  const auto found = bucket_regions_.find(bucket);
  return found == bucket_regions_.end() ? region_ : found->second;
}

Result<PreparedRequest> S3Client::Prepare(const S3Request& request, const std::stop_token& stop) {
  PreparedRequest prepared;
  prepared.region = RegionOf(request.url.bucket);
  S3Address address = AddressOf(settings_, prepared.region, request.url);
  UnsignedRequest unsigned_request{.method = request.method,
                                   .host = std::move(address.host),
                                   .path = std::move(address.path),
                                   .query = request.query,
                                   .headers = request.headers,
                                   .region = prepared.region};
  if (settings_.requester_pays) {
    unsigned_request.headers.push_back({"x-amz-request-payer", "requester"});
  }
  if (!identity_) {
    prepared.url = address.origin + TargetOf(unsigned_request);
    prepared.headers = std::move(unsigned_request.headers);
    return prepared;
  }
  TRY(prepared.credentials, identity_->Get(stop));
  SignedRequest done = Sign(unsigned_request, prepared.credentials, clock_.Wall());
  prepared.url = address.origin + done.target;
  prepared.headers = std::move(done.headers);
  return prepared;
}

bool S3Client::Learn(const S3Request& request, const PreparedRequest& sent,
                     const HttpResponse& answer, const ServiceError& error) {
  if (error.code == "ExpiredToken" || error.code == "ExpiredTokenException" ||
      error.code == "TokenRefreshRequired") {
    if (identity_) identity_->Reject(sent.credentials);
    return identity_ != nullptr;
  }
  const bool elsewhere = answer.status == 301 || answer.status == 307 || answer.status == 400;
  std::string region(HeaderOf(answer.headers, "x-amz-bucket-region"));
  if (region.empty()) region = error.region;
  if (!elsewhere || region.empty() || region == sent.region) return false;
  const std::scoped_lock lock(mutex_);
  bucket_regions_[request.url.bucket] = std::move(region);
  return true;
}

Result<HttpResponse> S3Client::Send(const S3Request& request, std::string_view action,
                                    std::string_view where, const std::stop_token& stop) {
  Backoff backoff(settings_.retry_wait, kMostRetryWait);
  int learned = 0;
  for (std::uint64_t tries = 1;; ++tries) {
    TRY(const PreparedRequest prepared, Prepare(request, stop));
    const Result<HttpResponse> answer = reprocess::Send({.url = prepared.url,
                                                         .headers = prepared.headers,
                                                         .timeout = kAnswerTimeout,
                                                         .ca_bundle = settings_.ca_bundle,
                                                         .max_body_bytes = kMaxAnswer,
                                                         .method = request.method,
                                                         .follow_redirects = false,
                                                         .literal_path = true},
                                                        stop);
    Milliseconds wait = backoff.Next();
    Error error;
    if (answer) {
      if (answer->status == 200) return answer;
      const ServiceError said = ParseServiceError(answer->body);
      if (learned < kMostLearned && Learn(request, prepared, *answer, said)) {
        ++learned;
        continue;
      }
      error = S3AnswerError(action, where, answer->status, said);
      wait = std::max(wait, RetryAfter(answer->headers));
    } else {
      error = answer.error();
      if (error.code == Code::kStopped) return std::unexpected(std::move(error));
      error.what = fmt::format("{}: {}", action, error.what);
      error.where = where;
      if (error.remedy != Remedy::kRetry) error.remedy = Remedy::kCount;
    }
    if (error.remedy != Remedy::kRetry) return std::unexpected(std::move(error));
    if (tries >= settings_.part_tries) {
      error.what += fmt::format(" ({} tries)", tries);
      return std::unexpected(std::move(error));
    }
    if (!clock_.SleepFor(wait, stop)) {
      return Stopped(action);
    }
  }
}

}  // namespace reprocess
