#include "config/settings_table.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/load.h"

namespace reprocess {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kKib = 1 << 10, kMib = 1 << 20, kGib = 1 << 30;
constexpr std::uint64_t kAny = INT64_MAX;
// librdkafka's bound of message.max.bytes, less the head of a record.
constexpr std::uint64_t kMaxLine = 1'000'000'000 - 64 * kKib;

using Config = EnvironmentConfig;
constexpr auto kSettings = &Config::settings;
constexpr auto kS3 = &Settings::s3;
constexpr auto kMetrics = &Settings::metrics;

// The member that a path of member pointers leads to.
template <auto... kPath>
auto& At(auto& config) {
  return (config.*....*kPath);
}

template <auto... kPath>
constexpr Setting Duration(std::string_view name, Milliseconds min, Milliseconds max,
                           std::string_view meaning = {}) {
  return {
      .name = name,
      .meaning = meaning,
      .min = static_cast<std::uint64_t>(min.count()),
      .max = static_cast<std::uint64_t>(max.count()),
      .read =
          [](const Variables& variables, const Setting& row, Config& config) {
            variables.Duration(row.name, At<kPath...>(config), Milliseconds(row.min),
                               Milliseconds(row.max));
          },
      .shown = [](const Config& config) { return std::to_string(At<kPath...>(config).count()); }};
}

std::string BytesText(std::uint64_t bytes) {
  for (const auto& [unit, suffix] : {std::pair(kGib, "G"), {kMib, "M"}, {kKib, "k"}}) {
    if (bytes > 0 && bytes % unit == 0) return fmt::format("{}{}", bytes / unit, suffix);
  }
  return std::to_string(bytes);
}

template <auto... kPath>
constexpr Setting Bytes(std::string_view name, std::uint64_t min, std::uint64_t max,
                        std::string_view meaning = {}) {
  return {.name = name,
          .meaning = meaning,
          .min = min,
          .max = max,
          .read =
              [](const Variables& variables, const Setting& row, Config& config) {
                variables.Bytes(row.name, At<kPath...>(config), row.min, row.max);
              },
          .shown = [](const Config& config) { return BytesText(At<kPath...>(config)); }};
}

template <auto... kPath>
constexpr Setting Whole(std::string_view name, std::uint64_t min, std::uint64_t max,
                        std::string_view meaning = {}, std::string_view absent = {}) {
  return {.name = name,
          .meaning = meaning,
          .absent = absent,
          .min = min,
          .max = max,
          .read =
              [](const Variables& variables, const Setting& row, Config& config) {
                auto& member = At<kPath...>(config);
                if (const auto value = variables.Whole(row.name, row.min, row.max)) {
                  member = static_cast<std::remove_reference_t<decltype(member)>>(*value);
                }
              },
          .shown = [](const Config& config) { return std::to_string(At<kPath...>(config)); }};
}

template <auto... kPath>
constexpr Setting Flag(std::string_view name, std::string_view meaning = {}) {
  return {.name = name,
          .meaning = meaning,
          .read = [](const Variables& variables, const Setting& row,
                     Config& config) { variables.Flag(row.name, At<kPath...>(config)); },
          .shown =
              [](const Config& config) {
                return std::string(At<kPath...>(config) ? "`true`" : "`false`");
              }};
}

template <auto... kPath>
constexpr Setting Text(std::string_view name, std::string_view meaning = {}) {
  return {.name = name,
          .meaning = meaning,
          .read =
              [](const Variables& variables, const Setting& row, Config& config) {
                if (auto text = variables.Text(row.name)) At<kPath...>(config) = *std::move(text);
              },
          .shown = [](const Config& config) { return fmt::format("`{}`", At<kPath...>(config)); }};
}

// What is more than one of the above: `kRead` has the rule.
template <ReadVariable& kRead>
constexpr Setting Own(std::string_view name, std::string_view meaning = {},
                      std::string_view absent = {}) {
  return {.name = name, .meaning = meaning, .absent = absent, .read = kRead};
}

// What the reader of a row above takes too, or aws/ when it needs an identity.
constexpr Setting Named(std::string_view name, std::string_view meaning = {},
                        std::string_view absent = {}) {
  return {.name = name, .meaning = meaning, .absent = absent};
}

constexpr Setting kServiceSettings[] = {
    Own<ReadJobId>("JOB_ID", "the job; at most 64 characters", "required"),
    Own<ReadWorkerIndex>("WORKER_INDEX",
                         "this worker, from 0; Kubernetes sets the second, which is read where the "
                         "first is not set",
                         "required"),
    Named("JOB_COMPLETION_INDEX"),
    Own<ReadTotalWorkers>("TOTAL_WORKERS",
                          "number of workers; another one than the job's row has is an error",
                          "that of the job's row; else 1"),
    Own<ReadDatabaseUrl>(
        "DATABASE_URL",
        "`postgresql://…` (`search_path=` or `schema=` selects the schema; poolers: "
        "docs/tables.md), or `sqlite:///path`",
        "required"),
    Own<ReadBrokers>("KAFKA_BOOTSTRAP_SERVERS", "brokers, separated by commas",
                     "required, except for a dry run"),
    Own<ReadTopic>("KAFKA_DESTINATIONS_TOPIC", "output topic; it must exist",
                   "`bulker-destinations`, with a warning; `reprocess run` needs it, or `--topic`"),
    Flag<&Config::kafka, &KafkaSettings::create_topic>(
        "REPROCESS_CREATE_TOPIC",
        "`true`: make the topic if it is missing (`reprocess run`: `--create-topic`)"),
    Own<ReadRepositoryUrl>("REPOSITORY_URL", "where a stream's connections are looked up",
                           "a message that needs a look-up is an error line"),
    Own<ReadRepositoryToken>("REPOSITORY_AUTH_TOKEN"),
    Own<ReadKafkaSecurity>("KAFKA_SSL", "TLS; `KAFKA_SSL_CA` is PEM text", "plain text"),
    Named("KAFKA_SSL_SKIP_VERIFY"),
    Named("KAFKA_SSL_CA"),
    Named("KAFKA_SSL_CA_FILE"),
    Named("KAFKA_SASL",
          "`{\"mechanism\":…,\"username\":…,\"password\":…}` (JSON or Hjson); every member becomes "
          "`sasl.<name>`",
          "none"),
    Named("KAFKA_SECURITY_PROTOCOL", "wins over what the two above imply", "what they imply"),
    Own<ReadKafkaProperties>(
        "KAFKA_PROPERTIES",
        "more librdkafka properties, `name=value` a line; those that exactly-once rests on are "
        "refused. `compression.codec=lz4` trades bytes for CPU time "
        "([docs/performance.md](docs/performance.md))",
        "none"),
    Text<&Config::config_dir>("REPROCESS_CONFIG_DIR",
                              "where `files/files.json` and `job/config.json` are"),
    Own<ReadFailedFilesExit>("REPROCESS_FAILED_FILES_EXIT", "`2`: exit 2 when files failed", "0"),
    Named("AWS_ACCESS_KEY_ID",
          "who reads from S3: keys, a role by its token, a profile, a container; the first that is "
          "set counts, alone ([docs/s3.md](docs/s3.md))",
          "EC2 instance metadata"),
    Named("AWS_SECRET_ACCESS_KEY"),
    Named("AWS_SESSION_TOKEN"),
    Named("AWS_WEB_IDENTITY_TOKEN_FILE"),
    Named("AWS_ROLE_ARN"),
    Named("AWS_PROFILE"),
    Named("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    Named("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    Flag<kSettings, kS3, &S3Settings::anonymous>("S3_ANONYMOUS",
                                                 "`true`: read without an identity"),
    Own<ReadRegion>("AWS_REGION", "region of S3 and STS", "the profile's, else `us-east-1`"),
    Named("AWS_DEFAULT_REGION"),
    Own<ReadEndpoint>("AWS_ENDPOINT_URL_S3", "another service than AWS, and how it is reached",
                      "AWS"),
    Named("AWS_ENDPOINT_URL"),
    Own<ReadPathStyle>("S3_FORCE_PATH_STYLE"),
    Text<kSettings, kS3, &S3Settings::ca_bundle>("AWS_CA_BUNDLE"),
    Flag<kSettings, kS3, &S3Settings::fips>("AWS_USE_FIPS_ENDPOINT"),
    Flag<kSettings, kS3, &S3Settings::dual_stack>("AWS_USE_DUALSTACK_ENDPOINT"),
    Own<ReadLocalRoot>("REPROCESS_LOCAL_ROOT",
                       "local paths that are read cannot leave this directory, by links neither",
                       "any path"),
    Own<ReadLogLevel>("LOG_LEVEL", "`debug`, `info`, `warn`, `error`; `text`, `json`",
                      "`info`, `text`"),
    Own<ReadLogFormat>("LOG_FORMAT"),
    Whole<kSettings, kMetrics, &MetricsSettings::port>(
        "METRICS_PORT", 0, 65'535,
        "Prometheus's metrics, `/healthz` and `/readyz` on a port; a Pushgateway "
        "([docs/metrics.md](docs/metrics.md))",
        "neither"),
    Text<kSettings, kMetrics, &MetricsSettings::address>("METRICS_ADDRESS"),
    Duration<kSettings, kMetrics, &MetricsSettings::linger>("METRICS_LINGER_MS", 0ms, 1h),
    Own<ReadPushUrl>("METRICS_PUSH_URL"),
    Duration<kSettings, kMetrics, &MetricsSettings::push_interval>("METRICS_PUSH_INTERVAL_MS", 10ms,
                                                                   1h),
};

constexpr Setting kReplaySettings[] = {
    Duration<kSettings, &Settings::commit_interval>(
        "REPROCESS_COMMIT_INTERVAL_MS", 1ms, 10min,
        "a transaction ends after this time, size or number of records (0: any)"),
    Bytes<kSettings, &Settings::commit_bytes>("REPROCESS_COMMIT_BYTES", 1, kAny),
    Whole<kSettings, &Settings::commit_lines>("REPROCESS_COMMIT_LINES", 0, kAny),
    Duration<kSettings, &Settings::transaction_timeout>(
        "REPROCESS_TRANSACTION_TIMEOUT_MS", 1s, 1h,
        "the broker aborts an abandoned transaction after this"),
    Duration<kSettings, &Settings::claim_wait>(
        "REPROCESS_CLAIM_WAIT_MS", 1ms, 1h,
        "how long another owner is watched; how often an owner shows that it lives"),
    Duration<kSettings, &Settings::heartbeat_interval>("REPROCESS_HEARTBEAT_INTERVAL_MS", 1ms,
                                                       10min),
    Duration<kSettings, &Settings::start_timeout>(
        "REPROCESS_START_TIMEOUT_MS", 1ms, 7 * 24h,
        "wait for Kafka and the database at start, then exit 1"),
    Duration<kSettings, &Settings::kafka_timeout>(
        "REPROCESS_KAFKA_TIMEOUT_MS", 1ms, 7 * 24h,
        "wait for either later, then exit 1, checkpoint intact"),
    Duration<kSettings, &Settings::database_timeout>("REPROCESS_DATABASE_TIMEOUT_MS", 1ms, 7 * 24h),
    Duration<kSettings, &Settings::drain_timeout>("REPROCESS_DRAIN_TIMEOUT_MS", 0ms, 1h,
                                                  "for the last commit after SIGTERM"),
    Own<ReadStopTimeout>("REPROCESS_STOP_TIMEOUT_MS",
                         "this long after SIGTERM the process ends, whatever hangs; less than the "
                         "pod's grace period",
                         "drain + 20000, at least the transaction's"),
    Duration<kSettings, &Settings::retry_wait>("REPROCESS_RETRY_WAIT_MS", 0ms, 1h,
                                               "before the n-th retry of a file, n times this"),
    Bytes<kSettings, &Settings::max_line_bytes>("REPROCESS_MAX_LINE_BYTES", 1, kMaxLine,
                                                "a longer line is an error line"),
    Whole<kSettings, &Settings::max_error_rows>(
        "REPROCESS_MAX_ERROR_ROWS", 0, kAny,
        "exact error rows a file; beyond, one row a reason and commit"),
    Bytes<kSettings, &Settings::batch_bytes>(
        "REPROCESS_BATCH_BYTES", kKib, 64 * kMib,
        "size of the pieces that lines travel in; compression of record batches"),
    Whole<kSettings, &Settings::zstd_level>("REPROCESS_ZSTD_LEVEL", 1, 12),
    Bytes<kSettings, kS3, &S3Settings::part_bytes>(
        "REPROCESS_S3_PART_BYTES", 64 * kKib, 64 * kMib,
        "bytes of one ranged request; how many a shard has in memory and in flight"),
    Whole<kSettings, kS3, &S3Settings::parts>("REPROCESS_S3_PARTS", 1, 64),
    Bytes<kSettings, kS3, &S3Settings::min_rate>(
        "REPROCESS_S3_MIN_RATE", 0, kGib,
        "a request that brings less a second, over `S3_STALL_MS`, is given up and repeated; 0: "
        "none"),
    Duration<kSettings, kS3, &S3Settings::stall_limit>(
        "REPROCESS_S3_STALL_MS", 100ms, 1h,
        "a request without a byte for so long is repeated; so often; after this, doubled"),
    Whole<kSettings, kS3, &S3Settings::part_tries>("REPROCESS_S3_PART_TRIES", 1, 1000),
    Duration<kSettings, kS3, &S3Settings::retry_wait>("REPROCESS_S3_RETRY_WAIT_MS", 0ms, 1min),
    Flag<kSettings, kS3, &S3Settings::requester_pays>(
        "REPROCESS_S3_REQUESTER_PAYS", "`true`: the bucket's owner does not pay for this"),
};

}  // namespace

std::span<const Setting> ServiceSettings() {
  return kServiceSettings;
}

std::span<const Setting> ReplaySettings() {
  return kReplaySettings;
}

}  // namespace reprocess
