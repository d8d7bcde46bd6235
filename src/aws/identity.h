// Who we are to S3: the credentials of the chosen source, kept fresh.
//
//   refresh    new ones are fetched in the background, 5 minutes before the old ones expire. The
//              old ones are given out until they really have; then callers wait for new ones
//   notice     is told once which source and which key id are used (never a secret), and whenever
//              a refresh has failed
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

// Chooses the source. Nobody is asked anything before the first Get. `clock` is borrowed for the
// identity's life.
Result<std::unique_ptr<S3Identity>> MakeS3Identity(const S3Settings& settings,
                                                   Environment environment, Clock& clock,
                                                   Notice notice);

// The endpoint of S3: the one in the settings, else that of the active profile's service ("services
// = x", and "s3 =" in [services x]), else the profile's own endpoint_url. Empty: AWS's own.
Result<std::string> S3EndpointOf(const S3Settings& settings, const Environment& environment);

// The region that AWS_REGION names, else the active profile's, else us-east-1.
Result<std::string> S3RegionOf(const S3Settings& settings, const Environment& environment);

}  // namespace reprocess
