// Options that several commands have.
#pragma once

#include "cli/command.h"

namespace reprocess::option {

inline constexpr std::string_view kWhat = "What to replay", kWhere = "Where to", kHow = "How",
                                  kCluster = "Which cluster", kBooks = "Books and output";

inline constexpr Option kVersionId{kWhat, "--version-id", "ID",
                                   "this version of the one S3 object that PATH names"},
    kManifest{kWhat, "--manifest", "FILE",
              "instead of PATH: the files that this list names (docs/s3.md)"},
    kRepositoryUrl{kWhere, "--repository-url", "URL",
                   "streams repository; its token comes from REPOSITORY_AUTH_TOKEN alone"},
    kShards{kHow, "--shards", "N", "replay N shards side by side (default: one a core)"},
    kJobsKafka{kHow, "--kafka", "BROKERS", "where the job's own settings name none"},
    kJobsTopic{kHow, "--topic", "NAME", "where the job's own settings name none"},
    kDatabase{kBooks, "--database", "URL",
              "postgresql://... or a path ending .db (default: in your state folder)"},
    kYes{kHow, "--yes", "", "do not ask"},
    kJson{kBooks, "--json", "", "one JSON document on standard output"},
    kJsonSure{kBooks, "--json", "", "one JSON document on standard output; needs --yes"},
    kJsonEvents{kBooks, "--json", "", "events as JSON, a line each, on standard output"};

}  // namespace reprocess::option
