#include "contract/sinks/broker.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <librdkafka/rdkafka.h>
#include <unistd.h>

namespace reprocess::test {
namespace {

struct Close {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
template <class T>
using Own = std::unique_ptr<T, Close>;

Own<rd_kafka_t> Connect(rd_kafka_type_t type,
                        const std::vector<std::pair<std::string, std::string>>& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  // A broker that asks for rights has another door for administration.
  const char* port = std::getenv("TEST_KAFKA_ADMIN_PORT");
  const std::string brokers = port == nullptr ? Brokers() : std::string("127.0.0.1:") + port;
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size())) {
      throw std::runtime_error(reason.data());
    }
  }
  rd_kafka_t* client = rd_kafka_new(type, conf, reason.data(), reason.size());
  if (client == nullptr) throw std::runtime_error(reason.data());
  return Own<rd_kafka_t>(client);
}

void Check(rd_kafka_resp_err_t code, const std::string& what) {
  if (code) throw std::runtime_error(what + ": " + rd_kafka_err2str(code));
}

// Every topic's partition count.
std::vector<std::pair<std::string, int>> Topics(rd_kafka_t* client) {
  const rd_kafka_metadata_t* raw = nullptr;
  Check(rd_kafka_metadata(client, 1, nullptr, &raw, 30'000), "list topics");
  const Own<const rd_kafka_metadata_t> metadata(raw);
  std::vector<std::pair<std::string, int>> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    topics.emplace_back(metadata->topics[i].topic, metadata->topics[i].partition_cnt);
  }
  return topics;
}

int PartitionsOf(rd_kafka_t* client, const std::string& wanted) {
  for (const auto& [topic, partitions] : Topics(client)) {
    if (topic == wanted) return partitions;
  }
  return 0;
}

// Brokers learn of a topic a moment after it was made.
void AwaitPartitions(rd_kafka_t* client, const std::string& topic, int partitions) {
  for (int i = 0; PartitionsOf(client, topic) != partitions; ++i) {
    if (i == 1'000) throw std::runtime_error("the topic does not appear: " + topic);
    ::usleep(10'000);
  }
}

}  // namespace

std::string Brokers() {
  const char* brokers = std::getenv("TEST_KAFKA_BROKERS");
  if (brokers == nullptr) {
    throw std::runtime_error(
        "TEST_KAFKA_BROKERS is not set: run this through tests/servers/with_kafka.sh");
  }
  return brokers;
}

std::string FreshName(const std::string& prefix) {
  static int last = 0;
  return prefix + "-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
}

void CreateTopic(const std::string& topic, int partitions,
                 const std::vector<std::pair<std::string, std::string>>& config) {
  const auto client = Connect(RD_KAFKA_PRODUCER, {});
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, nullptr, 0);
  for (const auto& [name, value] : config) {
    rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  }
  const Own<rd_kafka_queue_t> queue(rd_kafka_queue_new(client.get()));
  rd_kafka_CreateTopics(client.get(), &wanted, 1, nullptr, queue.get());
  const Own<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), 60'000));
  rd_kafka_NewTopic_destroy(wanted);
  if (!event) throw std::runtime_error("create the topic: no answer");
  Check(rd_kafka_event_error(event.get()), "create the topic");
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  Check(rd_kafka_topic_result_error(results[0]), "create the topic");
  AwaitPartitions(client.get(), topic, partitions);
}

void GrowTopic(const std::string& topic, int partitions) {
  const auto client = Connect(RD_KAFKA_PRODUCER, {});
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), nullptr, 0);
  const Own<rd_kafka_queue_t> queue(rd_kafka_queue_new(client.get()));
  rd_kafka_CreatePartitions(client.get(), &wanted, 1, nullptr, queue.get());
  const Own<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), 60'000));
  rd_kafka_NewPartitions_destroy(wanted);
  if (!event) throw std::runtime_error("grow the topic: no answer");
  Check(rd_kafka_event_error(event.get()), "grow the topic");
  AwaitPartitions(client.get(), topic, partitions);
}

bool TopicExists(const std::string& topic) {
  return PartitionsOf(Connect(RD_KAFKA_PRODUCER, {}).get(), topic) > 0;
}

std::vector<Placed> Consume(const std::string& topic) {
  const auto client = Connect(RD_KAFKA_CONSUMER, {{"group.id", FreshName("reader")},
                                                  {"isolation.level", "read_committed"},
                                                  {"enable.auto.commit", "false"},
                                                  {"fetch.wait.max.ms", "10"},
                                                  {"enable.partition.eof", "true"}});
  rd_kafka_poll_set_consumer(client.get());
  int open = PartitionsOf(client.get(), topic);
  const Own<rd_kafka_topic_partition_list_t> all(rd_kafka_topic_partition_list_new(open));
  for (int partition = 0; partition < open; ++partition) {
    rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  Check(rd_kafka_assign(client.get(), all.get()), "assign");
  std::vector<Placed> records;
  while (open > 0) {
    const Own<rd_kafka_message_t> message(rd_kafka_consumer_poll(client.get(), 30'000));
    if (!message) throw std::runtime_error("consume: no record and no end within 30 s");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      --open;
      continue;
    }
    Check(message->err, "consume");
    Record record{.value = {static_cast<const char*>(message->payload), message->len},
                  .key = {static_cast<const char*>(message->key), message->key_len},
                  .header = {}};
    rd_kafka_headers_t* headers = nullptr;
    if (!rd_kafka_message_headers(message.get(), &headers)) {
      const void* value = nullptr;
      std::size_t size = 0;
      Check(rd_kafka_header_get_last(headers, "connection_ids", &value, &size), "read the header");
      record.header.emplace(static_cast<const char*>(value), size);
      if (rd_kafka_header_cnt(headers) != 1) throw std::runtime_error("consume: other headers");
    }
    records.push_back({message->partition, std::move(record)});
  }
  return records;
}

KafkaSettings SettingsOf(const std::string& topic) {
  KafkaSettings settings;
  settings.brokers = Brokers();
  settings.topic = topic;
  return settings;
}

}  // namespace reprocess::test
