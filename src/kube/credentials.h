// Who we are to a cluster, at this moment: files are read again when what was read is a minute old,
// a plugin is asked again when its answer has expired, and both at once after a refusal.
//
//   errors     kStop: a file that was never readable, or those of kube/exec_plugin.h. A file that
//              has become unreadable counts as it was
//   ownership  borrows the clock
//   threads    any; one asks the plugin, the others wait
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kube/access.h"
#include "kube/exec_plugin.h"
#include "net/http.h"

namespace reprocess {

class Credentials {
 public:
  Credentials(ClusterAccess access, Clock& clock);

  const ClusterAccess& access() const { return access_; }
  // Puts them into a request: TLS and headers.
  Result<void> AddTo(HttpRequest& request, const std::stop_token& stop);
  // They were refused. True when the next ones may be others.
  bool Refused();

 private:
  struct Kept {
    TextSource source;
    std::string text{};
    std::optional<SteadyTime> read{};
  };
  Result<std::string> TextOf(Kept& kept);

  const ClusterAccess access_;
  Clock& clock_;
  std::mutex mutex_;
  Kept authorities_, token_, certificate_, key_;
  std::optional<PluginCredential> plugin_;
};

}  // namespace reprocess
