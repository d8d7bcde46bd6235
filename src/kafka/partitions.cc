#include "kafka/partitions.h"

#include "base/clock.h"

namespace reprocess::kafka {

bool IsTransient(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || IsTimeout(code);
}

Result<int> CountPartitions(const Client& client, const Names& names, Milliseconds within) {
  const Topic topic(rd_kafka_topic_new(client.get(), names.topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  rd_kafka_resp_err_t code =
      rd_kafka_metadata(client.get(), 0, topic.get(), &raw, static_cast<int>(within.count()));
  const Metadata metadata(raw);
  if (!code && metadata->topic_cnt > 0) code = metadata->topics[0].err;
  if (code) {
    return std::unexpected(ErrorOf("ask for the topic's partitions",
                                   client.Explained(FailureOf(code)), names, Phase::kStart,
                                   Remedy::kWait));
  }
  return metadata->topic_cnt > 0 ? metadata->topics[0].partition_cnt : 0;
}

Result<OffsetSpan> WatermarksOf(const Client& client, const Names& names, int partition,
                                Milliseconds within, Phase phase) {
  const SteadyTime deadline = SystemClock().Now() + within;
  for (;;) {
    OffsetSpan held{partition, 0, 0};
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(client.get(), names.topic.c_str(), partition, &held.from,
                                         &held.to, static_cast<int>(within.count()));
    if (!code) return held;
    if (!IsTransient(code) || SystemClock().Now() >= deadline) {
      return std::unexpected(ErrorOf("ask for offsets", client.Explained(FailureOf(code)), names,
                                     phase, Remedy::kWait));
    }
    rd_kafka_poll(client.get(), 50);
  }
}

Result<std::vector<OffsetSpan>> AllWatermarks(const Client& client, const Names& names,
                                              Milliseconds within, Phase phase) {
  TRY(const int count, CountPartitions(client, names, within));
  std::vector<OffsetSpan> held;
  for (int partition = 0; partition < count; ++partition) {
    TRY(const OffsetSpan span, WatermarksOf(client, names, partition, within, phase));
    held.push_back(span);
  }
  return held;
}

}  // namespace reprocess::kafka
