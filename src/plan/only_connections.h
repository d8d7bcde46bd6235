// `only_connections`: of what the streams repository says of a stream, these connections alone. It is
// asked once, by whoever plans the job; from then on the job itself says to whom its lines go, whatever
// becomes of the repository.
//
//   errors     kInvalid: there is no repository to ask; kNotFound: it lacks a connection, with the
//              nearest that it has; kUnsupported: too many streams
//   threads    one at a time
#pragma once

#include "base/result.h"
#include "model/job_config.h"
#include "model/stream_map.h"

namespace reprocess {

// Sets stream_connections: of each stream that has one of only_connections, those that it has, in its
// order. Nothing where there are none. `streams`: nullptr where there is no repository.
Result<void> ResolveOnlyConnections(JobConfig& config, const StreamMap* streams);

}  // namespace reprocess
