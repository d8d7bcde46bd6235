// `only_connections`: of what the streams repository says of a stream, these connections alone. It is
// asked once, by whoever plans the job; from then on the job itself says to whom its lines go, whatever
// becomes of the repository.
//
//   errors     kInvalid: there is no repository to ask; kNotFound: it lacks a connection, with the
//              nearest that it has; kUnsupported: too many streams; those of config/repository.h
//   threads    one at a time
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/stream_map.h"

namespace reprocess {

// Of each stream that has one of `wanted`, those that it has, in its order.
Result<std::map<std::string, std::vector<std::string>>> StreamConnectionsOf(
    const std::vector<std::string>& wanted, const StreamMap& streams);

// `given` (a JSON object of config.json's keys) with what its only_connections come to; as it is, and
// the repository is not asked, where it has none.
Result<std::string> ResolveOnlyConnections(const std::string& given,
                                           const std::string& repository_url,
                                           const std::string& repository_token,
                                           const std::stop_token& stop);

}  // namespace reprocess
