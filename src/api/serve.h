// The operator's service: the API, its page, and the launcher behind them, until it is asked to stop.
//
//   start      waits for the database as long as a worker would; a port that is taken, and settings
//              that make no sense, are errors
//   end        it accepts nobody more, ends streams, lets calls finish, and returns. Jobs go on: those
//              here as processes of their own, those on Kubernetes there
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "api/settings.h"
#include "base/environment.h"
#include "base/result.h"

namespace reprocess {

struct ServeOptions {
  ServeSettings settings;
  Environment environment;  // where the workers' settings come from
  std::string database_url, version;
};

// `listening` is told the address of the page once it can be asked; where no tokens are set, with a
// code that logs in once.
Result<void> RunService(const ServeOptions& options,
                        const std::function<void(const std::string& address)>& listening,
                        const std::stop_token& stop);

}  // namespace reprocess
