#include "kafka/client.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

namespace reprocess::kafka {
namespace {

void Ignore(const rd_kafka_t*, int, const char*, const char*) {}

Result<void> Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size())) {
    case RD_KAFKA_CONF_OK:
      return {};
    case RD_KAFKA_CONF_UNKNOWN:
      return Invalid("configure Kafka's client: no such property", name,
                     "see KAFKA_PROPERTIES and KAFKA_SASL");
    default:
      return Invalid("configure Kafka's client: the value is not accepted", name,
                     "see librdkafka's list of configuration properties");
  }
}

}  // namespace

Result<Conf> MakeConf(const KafkaSettings& kafka, const Properties& defaults,
                      const Properties& fixed) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), Ignore);
  const Properties common = {
      {"bootstrap.servers", kafka.brokers}, {"client.id", "reprocess"},
      {"reconnect.backoff.ms", "100"},      {"reconnect.backoff.max.ms", "500"},
      {"statistics.interval.ms", "0"},      {"allow.auto.create.topics", "false"}};
  for (const Properties* group : {&common, &defaults, &kafka.properties, &fixed}) {
    for (const auto& [name, value] : *group) TRY_OK(Set(conf.get(), name, value));
  }
  return conf;
}

std::int64_t NumberOf(const rd_kafka_conf_t* conf, const char* name) {
  std::array<char, 32> text{};
  std::size_t size = text.size();
  if (rd_kafka_conf_get(conf, name, text.data(), &size) != RD_KAFKA_CONF_OK) return 0;
  return std::strtoll(text.data(), nullptr, 10);
}

Result<std::unique_ptr<Client>> Client::Make(rd_kafka_type_t type, Conf conf,
                                             const KafkaSettings& kafka) {
  std::unique_ptr<Client> client(new Client);
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  rd_kafka_conf_set_throttle_cb(conf.get(), OnThrottle);
  std::array<char, 512> reason{};
  client->handle_ = rd_kafka_new(type, conf.get(), reason.data(), reason.size());
  if (client->handle_ == nullptr) {
    return Invalid(fmt::format("configure Kafka's client: {}", reason.data()), kafka.brokers,
                   "see the KAFKA_… variables");
  }
  conf.release();  // the handle owns it now
  return client;
}

Client::~Client() {
  if (handle_ == nullptr) return;
  rd_kafka_purge(
      handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void Client::OnError(rd_kafka_t*, int code, const char* reason, void* opaque) {
  // "All brokers are down" only repeats what came before it.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  static_cast<Client*>(opaque)->last_error_ = reason;
}

void Client::OnThrottle(rd_kafka_t*, const char*, std::int32_t, int throttle_ms, void* opaque) {
  auto& self = *static_cast<Client*>(opaque);
  self.throttled_ = Milliseconds{throttle_ms};
  self.longest_throttled_ = std::max(self.longest_throttled_, self.throttled_);
}

Failure Client::Explained(Failure failure) const {
  const bool vague = IsTimeout(failure.code) || failure.code == RD_KAFKA_RESP_ERR__TRANSPORT;
  if (vague && !last_error_.empty()) failure.text += "; last: " + last_error_;
  return failure;
}

Result<std::unique_ptr<Client>> MakeReader(const KafkaSettings& kafka, const std::string& group,
                                           Properties fixed) {
  if (!group.empty()) fixed.emplace_back("group.id", group);
  TRY(Conf conf, MakeConf(kafka, {}, fixed));
  return Client::Make(RD_KAFKA_CONSUMER, std::move(conf), kafka);
}

Names NamesOf(const KafkaSettings& kafka, std::string id) {
  return {kafka.brokers, kafka.topic, std::move(id)};
}

}  // namespace reprocess::kafka
