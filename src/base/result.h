// What a failure costs and what to do about it; the return type of everything that can fail.
//
//   errors are returned, never logged where they arise; only replay/, worker/, jobs/ and apps/ log.
//   A library's exceptions become an Error in the one file that knows that library.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace reprocess {

// What to do about it.
enum class Remedy : std::uint8_t {
  kCount,           // count the line or file as failed and go on
  kRetry,           // the same call may pass later
  kWait,            // something outside is away: wait for it
  kIsolate,         // a record is to blame: find out which (docs/exactly-once.md)
  kAbortAndRewind,  // the transaction is lost: go back to the committed checkpoint
  kFenced,          // another owner has this shard: touch nothing more
  kStop,            // no remedy here: report and end
};

// Failures that a caller tells apart; everything else is kOther.
enum class Code : std::uint8_t {
  kOther,
  kInvalid,        // what was asked for or configured makes no sense: the caller's to correct
  kNotAuthorized,  // a right is missing; `hint` names it
  kUnsupported,    // the server cannot do this
  kNotFound,       // no such object, topic, job
  kChanged,        // the object is no longer the version that was pinned
  kConflict,       // held by someone else, or already there
  kTooLarge,       // a record over the size that the destination takes
  kTimedOut,
  kStopped,   // the stop token fired
  kReplayed,  // it was sent before: only who says `again` sends it once more
};

struct [[nodiscard]] Error {
  Remedy remedy = Remedy::kStop;
  std::string what{};   // verb first: "inflate: crc mismatch"; never a secret, no full stop
  std::string where{};  // "s3://failover/a.ndjson.gz:1042", or empty
  std::string hint{};   // what the operator can do, or empty
  Code code = Code::kOther;

  // "what (where); hint", for a log line or a row.
  std::string ToString() const;
};

template <class T>
using Result = std::expected<T, Error>;

// An error without a remedy: it ends what was asked for.
std::unexpected<Error> Fatal(std::string what, std::string where = {}, std::string hint = {},
                             Code code = Code::kOther);

// The caller has asked for what makes no sense, or configured it: kStop, kInvalid.
std::unexpected<Error> Invalid(std::string what, std::string where = {}, std::string hint = {});

// "<verb>: asked to stop": the stop token fired. kStop, kStopped.
std::unexpected<Error> Stopped(std::string_view verb);

// What counts a file as failed, with the job going on: kCount.
std::unexpected<Error> FileError(std::string what, std::string where = {}, std::string hint = {},
                                 Code code = Code::kOther);

// The same error, one level up: "context: what".
Error WithContext(std::string_view context, Error error);

}  // namespace reprocess

#define REPROCESS_CONCAT2(a, b) a##b
#define REPROCESS_CONCAT(a, b) REPROCESS_CONCAT2(a, b)
#define REPROCESS_TRY(tmp, decl, ...)                       \
  auto tmp = (__VA_ARGS__);                                 \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  decl = *std::move(tmp)

// TRY(const auto x, Call()): declares x from the value of Call(), or returns its error.
#define TRY(decl, ...) REPROCESS_TRY(REPROCESS_CONCAT(try_, __LINE__), decl, __VA_ARGS__)

// TRY_OK(Call()): returns the error of Call(), if any.
#define TRY_OK(...)                                                                              \
  do {                                                                                           \
    if (auto try_ok = (__VA_ARGS__); !try_ok) return std::unexpected(std::move(try_ok).error()); \
  } while (false)
