// The readers behind worker_config.h, each adding what is wrong to one list of problems.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/settings_table.h"
#include "config/variables.h"
#include "config/worker_config.h"

namespace reprocess {

// Reads every row of settings_table.h, in that order.
EnvironmentConfig ReadEnvironment(const Variables& variables);
// Finds names that begin with REPROCESS_, that nothing reads, and that are a slip away from one
// that is read.
void FindMisspelled(const std::vector<std::string>& names, Problems& problems);
// Finds times that make no sense beside one another.
void CheckTimes(const Variables& variables, const Settings& settings);

// Readers of the variables that are more than a number, a flag or a text.
using ReadVariable = void(const Variables&, const Setting&, EnvironmentConfig&);
ReadVariable ReadJobId, ReadWorkerIndex, ReadTotalWorkers, ReadDatabaseUrl, ReadRepositoryUrl,
    ReadRepositoryToken, ReadFailedFilesExit, ReadLogLevel, ReadLogFormat, ReadPushUrl;
ReadVariable ReadBrokers, ReadTopic, ReadKafkaSecurity, ReadKafkaProperties;
ReadVariable ReadRegion, ReadEndpoint, ReadPathStyle;
ReadVariable ReadLocalRoot, ReadStopTimeout;

JobConfig ReadJobConfig(std::string_view text, std::string_view where, Problems& problems,
                        std::vector<std::string>& warnings,
                        std::span<const std::string_view> others = {});

inline constexpr std::string_view kDefaultTopic = "bulker-destinations";

}  // namespace reprocess
