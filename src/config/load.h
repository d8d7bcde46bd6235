// The readers behind worker_config.h, each adding what is wrong to one list of problems.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/variables.h"
#include "config/worker_config.h"

namespace reprocess {

EnvironmentConfig ReadEnvironment(const Variables& variables);
// Names that begin with REPROCESS_, that nothing reads and that are a slip away from one that is read.
void FindMisspelled(const std::vector<std::string>& names, Problems& problems);
Settings ReadSettings(const Variables& variables);  // all but .s3 and .metrics
MetricsSettings ReadMetricsSettings(const Variables& variables);
S3Settings ReadS3Settings(const Variables& variables);
// Brokers, topic, security and KAFKA_PROPERTIES.
KafkaSettings ReadKafkaSettings(const Variables& variables, std::vector<std::string>& warnings);

JobConfig ReadJobConfig(std::string_view text, std::string_view where, Problems& problems,
                        std::vector<std::string>& warnings);

inline constexpr std::string_view kDefaultTopic = "bulker-destinations";

// A local path absolute and lexically normalised; an s3:// path as it is, byte for byte.
std::string NormalisedPath(const std::string& path);

}  // namespace reprocess
