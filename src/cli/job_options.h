// Options that become keys of a job's configuration.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "model/job_config.h"

namespace reprocess {
namespace option {

inline constexpr Option kFrom{kWhat, "--from", "TIME",
                              "messages created at TIME or later: RFC 3339, or a day (UTC)"},
    kTo{kWhat, "--to", "TIME", "messages created at TIME or earlier; a day counts in full"},
    kStream{kWhat, "--stream", "ID", "messages of this stream id or slug; may be repeated", true},
    kConnection{kWhat, "--connection", "ID",
                "send with this connection id instead of a look-up; may be repeated", true},
    kOnlyConnection{kWhat, "--only-connection", "ID",
                    "of the connections looked up, only this one; may be repeated", true},
    kJobLimit{kWhat, "--limit", "N", "send at most N messages, over all shards"},
    kStartFile{kWhat, "--start-file", "NAME", "begin at this file, in sorted order"},
    kStartLine{kWhat, "--start-line", "N", "... and at its line N, counted from 1"},
    kDryRun{kWhere, "--dry-run", "", "do everything but send; --kafka and --topic are looked at"},
    kDelivery{kHow,  "--delivery",
              "HOW", "auto, exactly_once or at_least_once",
              false, [] { return std::string("auto exactly_once at_least_once"); }},
    kMaxErrors{kHow, "--max-errors", "N|P%",
               "end a shard when more of its lines cannot be sent (default 50%)"},
    kMaxMessages{kHow, "--max-messages-per-second", "N",
                 "send at most N a second, over all shards"},
    kMaxBytes{kHow, "--max-bytes-per-second", "N", "... and at most N bytes of messages a second"},
    kMaxLag{kHow, "--max-consumer-lag", "N",
            "hold while a --lag-group is more than N messages behind on the topic"},
    kLagGroup{kHow, "--lag-group", "NAME", "consumer group to be kind to; may be repeated", true};

}  // namespace option

// Its json: the keys of config.json that were asked for, and only those.
Result<JobConfig> GivenConfigOf(const Given& given);

}  // namespace reprocess
