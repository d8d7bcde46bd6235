// One ranged request of an object, repeated for what is missing of it until its bytes are all
// there.
//
//   pinned     the first answer names the ETag and the size; every later request has the ETag as
//              If-Match
//   checked    an answer must be 206, with a Content-Range that is exactly what was asked for, a
//              Content-Length that agrees with it, and the same size and ETag. A part is whole when
//              its bytes are there, however the connection ends
//   retries    after transport errors, short bodies, 5xx and 429 the rest is asked for again, after
//              a wait that doubles, with jitter, and is at least Retry-After. After `part_tries` in
//              a row that brought no byte or were too slow the part fails with kRetry. 403, 404,
//              412 and their like are final
//   memory     its bytes lie in pieces, each behind kRoom bytes of a buffer of its own, which is
//              taken from the pool when it is begun
//   threads    one: the transfer thread. A piece whose bytes are all there is the reader's
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "model/buffer_pool.h"
#include "net/transfers.h"
#include "storage/s3_client.h"

namespace reprocess {

// What the parts of one object share.
struct S3Object {
  S3Url url;
  std::string path, version_id;
  std::string etag;                   // as the service writes it; empty before the first answer
  std::optional<std::uint64_t> size;  // of the whole object; nullopt before the first answer
};

class S3Part final : public TransferReceiver {
 public:
  // Before a piece: room for the line that began in the one before it.
  static constexpr std::size_t kRoom = 64 << 10;

  // The part of `object` from byte `begin` on, of at most part_bytes. A piece has as many bytes as
  // the pool's buffers have past kRoom. Borrows client and object for its life.
  S3Part(S3Client& client, S3Object& object, std::uint64_t begin, BufferPool pool);

  // Sends a request for what is missing, when it is time.
  void Start(Transfers& transfers, const std::stop_token& stop);

  enum class State { kWaiting, kRunning, kComplete, kNothingThere, kFailed };
  State state() const { return state_; }  // kNothingThere: no byte of the object at or past `begin`
  SteadyTime due() const { return due_; }         // of kWaiting
  const Error& error() const { return *error_; }  // of kFailed

  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }  // at most; exact once the object's size is known
  std::size_t received() const { return received_; }
  std::size_t piece_bytes() const { return pool_.capacity() - kRoom; }
  // The piece that the part's byte `at` lies in; empty before it is begun.
  std::shared_ptr<Buffer>& PieceOf(std::size_t at) { return pieces_[at / piece_bytes()]; }

  bool Answered(int status, const std::vector<HttpHeader>& headers) override;
  bool Received(std::span<const char> bytes) override;
  void Ended(std::optional<Error> error) override;

 private:
  bool AnsweredRange(const std::vector<HttpHeader>& headers);
  bool Refuse(std::string what);
  void EndOfRefusal();
  void TryAgain(Error error, Milliseconds at_least);
  void Fail(Error error);

  S3Client& client_;
  S3Object& object_;
  const std::uint64_t begin_;
  std::uint64_t end_;
  BufferPool pool_;
  std::vector<std::shared_ptr<Buffer>> pieces_;  // never resized: two threads look at it
  std::size_t received_ = 0;

  State state_ = State::kWaiting;
  SteadyTime due_;
  std::optional<Error> error_;
  Backoff backoff_;
  std::uint64_t tries_ = 0;  // since the last byte
  int learned_ = 0;          // … from refusals

  // Of the request under way.
  S3Request request_;
  PreparedRequest sent_;
  HttpResponse refusal_;  // status 0: the answer is the range
  std::size_t received_before_ = 0;
  std::optional<Error> bad_answer_;
};

}  // namespace reprocess
