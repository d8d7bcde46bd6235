// The streams repository (contract section 5): fetched once at start, cut down to stream id →
// connection ids while it is read.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/stream_map.h"

namespace reprocess {

// Parses the answer. An answer that is not such an array is an error naming what is wrong.
Result<StreamMap> ParseRepository(std::string_view text);

// Gets `url` with `Authorization: Bearer <token>` (without that header when the token is empty),
// within 30 s. A status other than 200 is fatal; a connection that fails is tried three times.
Result<StreamMap> FetchRepository(const std::string& url, const std::string& token,
                                  const std::stop_token& stop);

// The same where there is one; nullopt: `url` is empty.
Result<std::optional<StreamMap>> FetchAnyRepository(const std::string& url,
                                                    const std::string& token,
                                                    const std::stop_token& stop);

}  // namespace reprocess
