// Follows a cluster's objects: lists them, then watches from there, for as long as it is wanted.
//
//   cut        a watch that ends, is cut or falls silent goes on from the last version that was
//              heard of; one that the server calls expired (410, or an ERROR event in the middle of
//              a good answer) begins with a list again
//   errors     kStopped, and those of kube/api.h that waiting does not heal. Away is told and waited
//              for, with backoff
//   threads    the listener is called on the calling thread
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/objects.h"

namespace reprocess {

struct WatchEvent {
  enum class Kind : std::uint8_t { kAdded, kModified, kDeleted, kBookmark, kError };
  Kind kind;
  KubeObject object;    // of a bookmark the version alone
  std::string message;  // of an error
};

class WatchListener {
 public:
  virtual ~WatchListener() = default;
  // All there is: what was known and is not in it is gone. False ends the watch.
  virtual bool Listed(const KubeList& list) = 0;
  // Added, modified or deleted. False ends the watch.
  virtual bool Changed(WatchEvent::Kind kind, const KubeObject& object) = 0;
  // Why nothing is heard; told before each wait.
  virtual void Away(const Error& error) = 0;
};

// Returns without an error where the listener had enough.
Result<void> WatchObjects(KubeApi& api, const KubeResource& resource,
                          const KubeSelection& selection, WatchListener& listener,
                          const std::stop_token& stop);

// One line of a watch; kInvalid for what is none, and for a kind that is not known.
Result<WatchEvent> ParseWatchEvent(std::string_view line);

}  // namespace reprocess
