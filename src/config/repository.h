// The streams repository (contract section 5): fetched once at start, cut down to stream id →
// connection ids while it is read.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/stream_map.h"

namespace reprocess {

// Parses the answer. An answer that is not such an array is an error naming what is wrong.
Result<StreamMap> ParseRepository(std::string_view text);

// Where it is; no url: there is none.
struct RepositoryAccess {
  std::string url{}, token{};
};

// Gets it with `Authorization: Bearer <token>` (without that header when the token is empty), within
// 30 s. A status other than 200 is fatal; a connection that fails is tried three times. nullptr: there
// is none.
Result<std::unique_ptr<const StreamMap>> FetchRepository(const RepositoryAccess& access,
                                                         const std::stop_token& stop);

}  // namespace reprocess
