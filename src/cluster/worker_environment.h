// What of our own environment a job's workers get: the settings that reprocessing-worker reads
// (config/settings_table.h), and none that is of this machine or this process.
//
//   files      a certificate authority's file is taken along; settings that name other files are
//              refused by name
//   secrets    `variables` and `files` may hold them: they go into a Secret, and nowhere else
//   threads    any
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "model/destination.h"

namespace reprocess {

struct WorkerEnvironment {
  std::vector<std::pair<std::string, std::string>> variables;  // for the Secret
  std::string authorities;  // PEM, which AWS_CA_BUNDLE there names; or empty
  std::vector<std::string> warnings;
};

// Where a job's mounted files are, by contract.
inline constexpr char kFilesFolder[] = "/config/files", kJobFolder[] = "/config/job";
inline constexpr char kAuthoritiesFile[] = "aws-ca.pem";  // in kJobFolder

struct WorkerIdentity {
  bool service_account = false;        // who reads from S3 is the pod's matter: no AWS keys
  std::vector<std::string> mounted{};  // folders that settings may name files in
};

// `destination`: the job's; where its workers reach Kafka may differ from where we do
// (REPROCESSING_WORKER_KAFKA_BOOTSTRAP_SERVERS). kInvalid: all that is wrong, in one message.
Result<WorkerEnvironment> EnvironmentForWorkers(const Environment& environment,
                                                const Destination& destination,
                                                const WorkerIdentity& identity);

}  // namespace reprocess
