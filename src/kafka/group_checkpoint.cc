#include "kafka/group_checkpoint.h"

#include "kafka/group_offsets.h"

namespace reprocess::kafka {
namespace {

constexpr char kVerb[] = "read the checkpoint";
constexpr Milliseconds kTimeout{10'000};

}  // namespace

Result<std::optional<std::string>> ReadGroupCheckpoint(const KafkaSettings& kafka,
                                                       const Names& names, Read how, Phase phase) {
  TRY(const auto client, MakeReader(kafka, names.id));
  const Partitions asked(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(asked.get(), names.topic.c_str(), 0);
  const Event event =
      AskForOffsets(client->get(), names.id, asked.get(), how == Read::kStable, kTimeout);
  rd_kafka_poll(client->get(), 0);
  TRY(const rd_kafka_topic_partition_list_t* partitions,
      OffsetsOf(event.get(), *client, kVerb, names, phase));
  if (partitions == nullptr || partitions->cnt == 0) return std::nullopt;
  const rd_kafka_topic_partition_t& first = partitions->elems[0];
  if (first.err) {
    return std::unexpected(OffsetsError(kVerb, FailureOf(first.err), names, phase));
  }
  if (first.offset < 0) return std::nullopt;
  return std::string(static_cast<const char*>(first.metadata), first.metadata_size);
}

}  // namespace reprocess::kafka
