// Reads and writes a cluster's objects, as JSON texts. Errors and threads: kube/api.h.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/api.h"

namespace reprocess {

struct KubeObject {
  std::string name, uid, resource_version;
  std::string json;
};

struct KubeList {
  std::vector<KubeObject> objects;
  std::string resource_version;  // that a watch goes on from
};

// As labelSelector and fieldSelector write it; empty = all.
struct KubeSelection {
  std::string labels{}, fields{};
};

// kDryRun: everything is checked, unknown fields too, and nothing is changed.
enum class WriteMode : bool { kWrite, kDryRun };

struct KubeWritten {
  KubeObject object;
  std::vector<std::string> warnings;  // what the server says of it though it took it
};

Result<KubeObject> GetObject(KubeApi& api, const KubeResource& resource, const std::string& name,
                             const std::stop_token& stop);

// Page by page, all of one moment.
Result<KubeList> ListObjects(KubeApi& api, const KubeResource& resource,
                             const KubeSelection& selection, const std::stop_token& stop);

Result<KubeWritten> CreateObject(KubeApi& api, const KubeResource& resource, std::string json,
                                 WriteMode mode, const std::stop_token& stop);

// A JSON merge patch of the object of that uid: kConflict when it is another's by now.
Result<KubeWritten> PatchObject(KubeApi& api, const KubeResource& resource, const std::string& name,
                                std::string_view uid, std::string_view patch, WriteMode mode,
                                const std::stop_token& stop);

// With all that it owns, which goes first. `uid`: kConflict when the name is another's by now;
// empty: whichever it is.
Result<void> DeleteObject(KubeApi& api, const KubeResource& resource, const std::string& name,
                          std::string_view uid, const std::stop_token& stop);

// The same; one that is not there has been deleted.
Result<void> DeleteIfThere(KubeApi& api, const KubeResource& resource, const std::string& name,
                           std::string_view uid, const std::stop_token& stop);

// Of an answer's Warning headers the texts.
std::vector<std::string> WarningsOf(const std::vector<HttpHeader>& headers);

// kInvalid where it is no object with metadata. `what` names it in the message.
Result<KubeObject> ParseObject(std::string_view json, std::string_view what);

// The query of a list or watch.
std::string QueryOf(const KubeSelection& selection);

}  // namespace reprocess
