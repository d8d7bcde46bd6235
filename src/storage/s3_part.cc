#include "storage/s3_part.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace reprocess {
namespace {

constexpr std::size_t kMaxRefusal = 64 << 10;
constexpr int kMostLearned = 3;

struct ContentRange {
  std::uint64_t first = 0, last = 0, size = 0;
};

// "bytes 0-99/1234".
std::optional<ContentRange> ParseContentRange(std::string_view text) {
  ContentRange range;
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  const char* at = text.data() + kUnit.size();
  const char* const end = text.data() + text.size();
  const auto number = [&](std::uint64_t& value, char after) {
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || (after != '\0' && (next == end || *next != after))) return false;
    at = next + (after != '\0' ? 1 : 0);
    return true;
  };
  if (!number(range.first, '-') || !number(range.last, '/') || !number(range.size, '\0') ||
      at != end) {
    return std::nullopt;
  }
  return range;
}

}  // namespace

S3Part::S3Part(S3Client& client, S3Object& object, std::uint64_t begin, BufferPool pool)
    : client_(client),
      object_(object),
      begin_(begin),
      end_(begin + client.settings().part_bytes),
      pool_(std::move(pool)),
      pieces_((client.settings().part_bytes + piece_bytes() - 1) / piece_bytes()),
      due_(client.clock().Now()),
      backoff_(client.settings().retry_wait, kMostRetryWait) {
  if (object_.size) end_ = std::min(end_, *object_.size);
}

void S3Part::Start(Transfers& transfers, const std::stop_token& stop) {
  request_ = {.url = object_.url,
              .headers = {{"Range", fmt::format("bytes={}-{}", begin_ + received_, end_ - 1)}}};
  if (!object_.version_id.empty()) request_.query.emplace_back("versionId", object_.version_id);
  if (!object_.etag.empty()) request_.headers.push_back({"If-Match", object_.etag});
  refusal_ = {};
  bad_answer_.reset();
  received_before_ = received_;
  Result<PreparedRequest> prepared = client_.Prepare(request_, stop);
  if (!prepared) return Fail(std::move(prepared).error());
  sent_ = std::move(*prepared);
  if (Result<void> started = transfers.Start({sent_.url, sent_.headers}, *this); !started) {
    return Fail(std::move(started).error());
  }
  state_ = State::kRunning;
}

bool S3Part::Answered(int status, const std::vector<HttpHeader>& headers) {
  if (status == 206) return AnsweredRange(headers);
  if (status == 200) {
    // An empty object has no range to give.
    if (HeaderOf(headers, "content-length") != "0") {
      return Refuse("the answer to a ranged request is the whole object (HTTP 200)");
    }
    status = 416;
  }
  refusal_.status = status;
  refusal_.headers = headers;
  return true;
}

bool S3Part::AnsweredRange(const std::vector<HttpHeader>& headers) {
  const std::string_view text = HeaderOf(headers, "content-range"),
                         etag = HeaderOf(headers, "etag");
  const auto range = ParseContentRange(text);
  if (!range || range->size == 0) return Refuse(fmt::format("Content-Range is \"{}\"", text));
  if (etag.empty() || etag == "\"\"") return Refuse("no ETag to pin the object's version by");
  if (!object_.etag.empty() && (etag != object_.etag || range->size != object_.size)) {
    Fail(S3AnswerError("read", object_.path, 412, {}));
    return false;
  }
  const std::uint64_t end = std::min(end_, range->size);
  if (range->first != begin_ + received_ || range->last + 1 != end) {
    return Refuse(fmt::format("Content-Range is \"{}\", asked was for bytes {}-{}", text,
                              begin_ + received_, end_ - 1));
  }
  // Whose end is where, is said twice.
  const std::string_view length = HeaderOf(headers, "content-length");
  if (const std::string asked = std::to_string(end - range->first);
      !length.empty() && length != asked) {
    return Refuse(fmt::format("Content-Length is {}, Content-Range has {} bytes", length, asked));
  }
  end_ = end;
  object_.etag = etag;
  object_.size = range->size;
  return true;
}

bool S3Part::Refuse(std::string what) {
  bad_answer_ =
      Error{.remedy = Remedy::kRetry, .what = "read: " + std::move(what), .where = object_.path};
  return false;
}

bool S3Part::Received(std::span<const char> bytes) {
  if (refusal_.status != 0) {
    const std::size_t room = kMaxRefusal - refusal_.body.size();
    refusal_.body.append(bytes.data(), std::min(bytes.size(), room));
    return true;
  }
  if (bytes.size() > end_ - begin_ - received_)
    return Refuse("more bytes came than were asked for");
  while (!bytes.empty()) {
    std::shared_ptr<Buffer>& piece = PieceOf(received_);
    if (!piece) piece = pool_.Take();
    const std::size_t at = received_ % piece_bytes();
    const std::size_t some = std::min(bytes.size(), piece_bytes() - at);
    std::memcpy(piece->data() + kRoom + at, bytes.data(), some);
    received_ += some;
    bytes = bytes.subspan(some);
  }
  return true;
}

void S3Part::Ended(std::optional<Error> error) {
  if (state_ == State::kFailed) return;
  const bool slow = error && error->code == Code::kTimedOut;  // or each drop would be a new start
  if (received_ > received_before_ && !slow) {
    tries_ = 0;
    learned_ = 0;
    backoff_.Reset();
  }
  // However the connection ends: these are the bytes.
  if (refusal_.status == 0 && object_.size && begin_ + received_ == end_) {
    state_ = State::kComplete;
    return;
  }
  if (bad_answer_) return TryAgain(*std::move(bad_answer_), {});
  if (refusal_.status != 0) return EndOfRefusal();
  if (!error) error = Error{.remedy = Remedy::kRetry, .what = "the answer is shorter than it says"};
  error->what = "read: " + error->what;
  error->where = object_.path;
  if (error->remedy != Remedy::kRetry) {
    error->remedy = Remedy::kCount;
    return Fail(*std::move(error));
  }
  TryAgain(*std::move(error), {});
}

void S3Part::EndOfRefusal() {
  if (refusal_.status == 416) {
    state_ = State::kNothingThere;
    return;
  }
  const ServiceError said = ParseServiceError(refusal_.body);
  if (learned_ < kMostLearned && client_.Learn(request_, sent_, refusal_, said)) {
    ++learned_;
    due_ = client_.clock().Now();
    state_ = State::kWaiting;
    return;
  }
  Error error = S3AnswerError("read", object_.path, refusal_.status, said);
  if (error.remedy != Remedy::kRetry) return Fail(std::move(error));
  TryAgain(std::move(error), RetryAfter(refusal_.headers));
}

void S3Part::TryAgain(Error error, Milliseconds at_least) {
  if (++tries_ >= client_.settings().part_tries) {
    error.what += fmt::format(" ({} tries)", tries_);
    return Fail(std::move(error));
  }
  client_.CountRetry();
  due_ = client_.clock().Now() + std::max(backoff_.Next(), at_least);
  state_ = State::kWaiting;
}

void S3Part::Fail(Error error) {
  error_ = std::move(error);
  if (error_->where.empty()) error_->where = object_.path;
  state_ = State::kFailed;
}

}  // namespace reprocess
