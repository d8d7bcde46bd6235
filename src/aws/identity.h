// Who we are to S3: the credentials of the chosen source, kept fresh.
//
//   refresh    5 minutes before they expire, in the background; the old ones are given out until
//              they really expire, then callers wait for new ones
//   notice     says once which source and which key id are used (never a secret), and when a
//              refresh has failed
//   errors     those of identity_source.h
//   threads    any
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "aws/sign.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/result.h"
#include "model/settings.h"

namespace reprocess {

// A line for the log, where there is one.
using Notice = std::function<void(LogLevel level, std::string_view message)>;

class S3Identity {
 public:
  virtual ~S3Identity() = default;
  virtual Result<S3Credentials> Get(const std::stop_token& stop) = 0;
  // The service said that these have expired: the next Get fetches anew.
  virtual void Reject(const S3Credentials& credentials) = 0;
};

// Chooses the source; nothing is asked before the first Get. `clock` is borrowed for its life.
Result<std::unique_ptr<S3Identity>> MakeS3Identity(const S3Settings& settings,
                                                   Environment environment, Clock& clock,
                                                   Notice notice);

// That of the settings, else of the active profile's service ("services = x", "s3 =" in [services
// x]), else the profile's own endpoint_url; empty: AWS's own.
Result<std::string> S3EndpointOf(const S3Settings& settings, const Environment& environment);

// AWS_REGION's, else the active profile's, else us-east-1.
Result<std::string> S3RegionOf(const S3Settings& settings, const Environment& environment);

}  // namespace reprocess
