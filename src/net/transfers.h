// Many GETs side by side on one thread (libcurl multi), each body handed on as it arrives.
// Connections are kept and used again. HTTP/1.1, no redirects, proxies from the environment.
//
//   stall      a transfer without a byte for `stall_limit` ends with kTimedOut. A timer of our own:
//              libcurl's low-speed limit looks at an average and finds a stall seconds late
//   slow       one that brings less than `min_rate` bytes a second over a `stall_limit` ends with
//              kTimedOut too: a byte a second is no stall, and never ends. So does one whose head
//              has begun and is not whole a `stall_limit` later
//   errors     given to TransferReceiver::Ended: kRetry where the same request may
//              pass (reset, time-out, short body), else kStop. A status is no error
//   threads    all calls from one thread, but Wake from any. Receivers are called from Drive alone
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace reprocess {

struct TransferSettings {
  std::string ca_bundle{};  // a PEM file; empty = the system's
  Milliseconds connect_timeout{10'000};
  Milliseconds stall_limit{20'000};
  std::uint64_t min_rate = 0;  // bytes a second; 0: any
};

struct TransferRequest {
  std::string url;
  std::vector<HttpHeader> headers{};
};

// May neither start nor cancel transfers from within these calls.
class TransferReceiver {
 public:
  virtual ~TransferReceiver() = default;
  // The answer's head, before its first byte; names in lower case. False ends the transfer.
  virtual bool Answered(int status, const std::vector<HttpHeader>& headers) = 0;
  // The next bytes of the body. False ends the transfer.
  virtual bool Received(std::span<const char> bytes) = 0;
  // The last call, once: nullopt when the answer came whole. Also after a false.
  virtual void Ended(std::optional<Error> error) = 0;
};

class Transfers {
 public:
  virtual ~Transfers() = default;
  // `receiver` must live until it has ended or been cancelled.
  virtual Result<void> Start(const TransferRequest& request, TransferReceiver& receiver) = 0;
  // Nothing more is called on `receiver`. No transfer of it: nothing happens.
  virtual void Cancel(TransferReceiver& receiver) = 0;
  // Waits for something to do, until `most` is over or Wake was called; then does it.
  virtual void Drive(Milliseconds most) = 0;
  virtual void Wake() = 0;
};

Result<std::unique_ptr<Transfers>> MakeTransfers(TransferSettings settings, Clock& clock);

}  // namespace reprocess
