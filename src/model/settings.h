// How a replay behaves, each from the environment variable REPROCESS_<NAME> (config/ reads them),
// and what the Kafka room needs to connect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace reprocess {

// How S3 is reached and read. What is empty here, AWS's profiles or defaults decide.
struct S3Settings {
  std::string endpoint;            // AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL; empty = AWS's own
  std::string region;              // AWS_REGION, else AWS_DEFAULT_REGION
  std::string ca_bundle;           // AWS_CA_BUNDLE: a PEM file
  std::optional<bool> path_style;  // S3_FORCE_PATH_STYLE
  bool fips = false;               // AWS_USE_FIPS_ENDPOINT
  bool dual_stack = false;         // AWS_USE_DUALSTACK_ENDPOINT
  bool anonymous = false;          // S3_ANONYMOUS: requests are not signed
  bool requester_pays = false;     // REPROCESS_S3_REQUESTER_PAYS
  std::uint64_t part_bytes = 4 << 20;  // REPROCESS_S3_PART_BYTES of one ranged request
  std::uint64_t parts = 3;             // REPROCESS_S3_PARTS in memory and in flight, a shard
  Milliseconds stall_limit{20'000};    // REPROCESS_S3_STALL_MS without a byte, then a new request
  std::uint64_t min_rate = 1 << 10;    // REPROCESS_S3_MIN_RATE bytes a second over stall_limit
  std::uint64_t part_tries = 8;        // REPROCESS_S3_PART_TRIES without a byte between them
  Milliseconds retry_wait{200};        // REPROCESS_S3_RETRY_WAIT_MS, doubled up to 10 s
};

// Where metrics go.
struct MetricsSettings {
  int port = 0;                        // METRICS_PORT; 0 = none
  std::string address = "0.0.0.0";     // METRICS_ADDRESS
  Milliseconds linger{30'000};         // METRICS_LINGER_MS: at the end, for a last scrape
  std::string push_url;                // METRICS_PUSH_URL, of a Pushgateway; empty = none
  Milliseconds push_interval{15'000};  // METRICS_PUSH_INTERVAL_MS
};

struct Settings {
  Milliseconds claim_wait{5'000};  // CLAIM_WAIT_MS: how long another owner is watched
  Milliseconds heartbeat_interval{
      2'000};                           // HEARTBEAT_INTERVAL_MS; three of them and an owner is dead
  Milliseconds commit_interval{1'000};  // COMMIT_INTERVAL_MS
  std::uint64_t commit_bytes = 64 << 20;     // COMMIT_BYTES, of values in one transaction
  std::uint64_t commit_lines = 0;            // COMMIT_LINES in one transaction; 0 = no bound
  Milliseconds kafka_timeout{600'000};       // KAFKA_TIMEOUT_MS: without a commit, then exit 1
  Milliseconds database_timeout{600'000};    // DATABASE_TIMEOUT_MS: for a row that must be stored
  Milliseconds start_timeout{60'000};        // START_TIMEOUT_MS: Kafka or database gone at start
  Milliseconds drain_timeout{5'000};         // DRAIN_TIMEOUT_MS: for the last commit after SIGTERM
  Milliseconds stop_timeout{25'000};         // STOP_TIMEOUT_MS: then the process is ended
  Milliseconds transaction_timeout{15'000};  // TRANSACTION_TIMEOUT_MS, the broker's
  Milliseconds retry_wait{1'000};  // RETRY_WAIT_MS: before the n-th retry of a file, n times
  std::uint64_t max_line_bytes = 10 << 20;  // MAX_LINE_BYTES
  std::uint64_t max_error_rows = 100'000;   // MAX_ERROR_ROWS exact ones a file
  std::size_t batch_bytes = 512 << 10;      // BATCH_BYTES: lines travel in pieces of this size
  int zstd_level = 1;                       // ZSTD_LEVEL of Kafka record batches
  std::string local_root;                   // LOCAL_ROOT: local paths cannot leave it; empty = any
  S3Settings s3;
  MetricsSettings metrics;
};

struct KafkaSettings {
  std::string brokers;
  std::string topic;
  bool create_topic = false;  // REPROCESS_CREATE_TOPIC=true
  // librdkafka configuration that the environment asks for: security first, then
  // KAFKA_PROPERTIES, already checked against the refused names. Holds secrets.
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace reprocess
