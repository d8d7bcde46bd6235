#include "kafka/topic_index.h"

#include <algorithm>

#include "kafka/partitions.h"

namespace reprocess {
namespace kafka {
namespace {

constexpr Milliseconds kPatience{10'000};

// <topic>-shardN
bool IsShardOf(std::string_view topic, std::string_view name) {
  constexpr std::string_view kShard = "-shard";
  if (!name.starts_with(topic)) return false;
  name.remove_prefix(topic.size());
  if (!name.starts_with(kShard) || name.size() == kShard.size()) return false;
  name.remove_prefix(kShard.size());
  return name.find_first_not_of("0123456789") == std::string_view::npos;
}

Error ErrorFor(const char* verb, const Client& client, rd_kafka_resp_err_t code,
               const Names& names) {
  return ErrorOf(verb, client.Explained(FailureOf(code)), names, Phase::kStart, Remedy::kWait);
}

// The topic's configuration, as the brokers tell it.
Event DescribeTopic(const Client& client, const std::string& topic) {
  const Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const Queue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_DescribeConfigs(client.get(), resources, 1, nullptr, queue.get());
  return Event(rd_kafka_queue_poll(queue.get(), static_cast<int>(kPatience.count())));
}

// Of one resource; empty where it does not have it.
std::string_view SettingOf(const rd_kafka_ConfigResource_t* resource, std::string_view name) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
    if (rd_kafka_ConfigEntry_name(entry) != name) continue;
    const char* value = rd_kafka_ConfigEntry_value(entry);
    return value == nullptr ? std::string_view() : value;
  }
  return {};
}

}  // namespace
}  // namespace kafka

using namespace kafka;

Result<std::vector<std::int64_t>> FirstSince(const KafkaSettings& kafka, WallTime time,
                                             std::span<const OffsetSpan> held) {
  const Names names = NamesOf(kafka);
  TRY(Conf conf, MakeConf(kafka, {}, {}));
  TRY(const auto client, Client::Make(RD_KAFKA_CONSUMER, std::move(conf), kafka));
  const auto since = std::chrono::floor<Milliseconds>(time.time_since_epoch()).count();
  const Partitions asked(rd_kafka_topic_partition_list_new(static_cast<int>(held.size())));
  for (const OffsetSpan& span : held) {
    rd_kafka_topic_partition_list_add(asked.get(), names.topic.c_str(), span.partition)->offset =
        since;
  }
  rd_kafka_resp_err_t code =
      rd_kafka_offsets_for_times(client->get(), asked.get(), static_cast<int>(kPatience.count()));
  std::vector<std::int64_t> firsts;
  for (const OffsetSpan& span : held) {
    const rd_kafka_topic_partition_t* found =
        rd_kafka_topic_partition_list_find(asked.get(), names.topic.c_str(), span.partition);
    if (!code) code = found->err;
    firsts.push_back(found->offset < 0 ? span.to : std::clamp(found->offset, span.from, span.to));
  }
  if (code) return std::unexpected(ErrorFor("ask where a time begins", *client, code, names));
  return firsts;
}

Result<std::vector<std::string>> ShardTopicsOf(const KafkaSettings& kafka) {
  const Names names = NamesOf(kafka);
  TRY(Conf conf, MakeConf(kafka, {}, {}));
  TRY(const auto client, Client::Make(RD_KAFKA_CONSUMER, std::move(conf), kafka));
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(client->get(), 1, nullptr, &raw, static_cast<int>(kPatience.count()));
  const Metadata metadata(raw);
  if (code) return std::unexpected(ErrorFor("ask for the cluster's topics", *client, code, names));
  std::vector<std::string> shards;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    std::string name = metadata->topics[i].topic;
    if (IsShardOf(names.topic, name)) shards.push_back(std::move(name));
  }
  std::ranges::sort(shards);
  return shards;
}

Result<bool> IsCompacted(const KafkaSettings& kafka) {
  constexpr const char* kVerb = "ask what the topic keeps";
  const Names names = NamesOf(kafka);
  TRY(Conf conf, MakeConf(kafka, {}, {}));
  TRY(const auto client, Client::Make(RD_KAFKA_CONSUMER, std::move(conf), kafka));
  const Event event = DescribeTopic(*client, names.topic);
  if (!event) {
    return std::unexpected(ErrorFor(kVerb, *client, RD_KAFKA_RESP_ERR__TIMED_OUT, names));
  }
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  if (!code && count > 0) code = rd_kafka_ConfigResource_error(found[0]);
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return false;
  if (code) return std::unexpected(ErrorFor(kVerb, *client, code, names));
  return count > 0 && SettingOf(found[0], "cleanup.policy").contains("compact");
}

}  // namespace reprocess
