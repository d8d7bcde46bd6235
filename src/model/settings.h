// How a replay behaves, and what it needs to connect. config/settings_table.cc has the environment
// variable of each, its bounds and what it means; here are the defaults.
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
  std::string endpoint;  // empty: AWS's own
  std::string region;
  std::string ca_bundle;  // a PEM file
  std::optional<bool> path_style;
  bool fips = false;
  bool dual_stack = false;
  bool anonymous = false;  // requests are not signed
  bool requester_pays = false;
  std::uint64_t part_bytes = 4 << 20;
  std::uint64_t parts = 3;           // a shard's, in memory and in flight
  Milliseconds stall_limit{20'000};  // without a byte
  std::uint64_t min_rate = 1 << 10;  // bytes a second, over stall_limit
  std::uint64_t part_tries = 8;      // without a byte between them
  Milliseconds retry_wait{200};      // doubled, up to 10 s
};

// Where metrics go.
struct MetricsSettings {
  int port = 0;  // 0: none
  std::string address = "0.0.0.0";
  Milliseconds linger{30'000};  // at the end, for a last scrape
  std::string push_url;         // of a Pushgateway; empty: none
  Milliseconds push_interval{15'000};
};

struct Settings {
  Milliseconds claim_wait{5'000};
  Milliseconds heartbeat_interval{2'000};  // three of them without a beat and an owner is dead
  Milliseconds commit_interval{1'000};
  std::uint64_t commit_bytes = 64 << 20;  // of values
  std::uint64_t commit_lines = 0;         // 0: any number
  Milliseconds kafka_timeout{600'000};
  Milliseconds database_timeout{600'000};
  Milliseconds start_timeout{60'000};
  Milliseconds drain_timeout{5'000};
  Milliseconds stop_timeout{25'000};
  Milliseconds transaction_timeout{15'000};
  Milliseconds retry_wait{1'000};
  std::uint64_t max_line_bytes = 10 << 20;
  std::uint64_t max_error_rows = 100'000;  // exact ones, a file
  std::size_t batch_bytes = 512 << 10;
  int zstd_level = 1;
  std::string local_root;  // empty: any path
  S3Settings s3;
  MetricsSettings metrics;
};

struct KafkaSettings {
  std::string brokers;
  std::string topic;
  bool create_topic = false;
  // librdkafka configuration that the environment asks for: security first, then
  // KAFKA_PROPERTIES, already checked against the refused names. Holds secrets.
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace reprocess
