#include "kafka/group_checkpoint.h"

#include <array>

#include "kafka/client.h"

namespace reprocess::kafka {
namespace {

constexpr char kVerb[] = "read the checkpoint";
constexpr int kTimeoutMs = 10'000;
constexpr int kAnswerMs = 5'000;

using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Options = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using Request =
    Owned<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>;

Event Ask(rd_kafka_t* handle, const Names& names, Read how) {
  const Options options(
      rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
  std::array<char, 256> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs, reason.data(),
                                            reason.size());
  const Owned<rd_kafka_error_t, rd_kafka_error_destroy> refused(
      rd_kafka_AdminOptions_set_require_stable_offsets(options.get(), how == Read::kStable));
  const Partitions partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), names.topic.c_str(), 0);
  const Request request(rd_kafka_ListConsumerGroupOffsets_new(names.id.c_str(), partitions.get()));
  const Queue queue(rd_kafka_queue_new(handle));
  rd_kafka_ListConsumerGroupOffsets_t* requests[] = {request.get()};
  rd_kafka_ListConsumerGroupOffsets(handle, requests, 1, options.get(), queue.get());
  return Event(rd_kafka_queue_poll(queue.get(), kTimeoutMs + 1'000));
}

// Whether a broker answers at all.
rd_kafka_resp_err_t Reach(rd_kafka_t* handle) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, nullptr, &raw, kAnswerMs);
  const Metadata metadata(raw);
  return code;
}

Result<std::optional<std::string>> MetadataOf(const rd_kafka_event_t* event, const Names& names,
                                              Phase phase) {
  std::size_t groups = 0;
  const rd_kafka_group_result_t** results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(const_cast<rd_kafka_event_t*>(event)),
      &groups);
  if (groups == 0) return std::nullopt;
  if (const rd_kafka_error_t* error = rd_kafka_group_result_error(results[0])) {
    return std::unexpected(
        ErrorOf(kVerb, FailureOf(rd_kafka_error_code(error)), names, phase, Remedy::kWait));
  }
  const rd_kafka_topic_partition_list_t* partitions = rd_kafka_group_result_partitions(results[0]);
  if (partitions == nullptr || partitions->cnt == 0) return std::nullopt;
  const rd_kafka_topic_partition_t& first = partitions->elems[0];
  if (first.err == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT) {
    return std::unexpected(ErrorOf(kVerb, FailureOf(first.err), names, phase, Remedy::kRetry));
  }
  if (first.err) {
    return std::unexpected(ErrorOf(kVerb, FailureOf(first.err), names, phase, Remedy::kWait));
  }
  if (first.offset < 0) return std::nullopt;
  return std::string(static_cast<const char*>(first.metadata), first.metadata_size);
}

}  // namespace

// The client is a consumer with the shard's group. On a producer's handle librdkafka (seen
// in 2.0.2) answers "not coordinator" by waking a group handler that a producer does not have, and
// crashes. And a request for a group that is made while no broker answers may end in a failed
// assertion (rd_kafka_enq_once_del_source_return) when one comes back: so none is made then.
Result<std::optional<std::string>> ReadGroupCheckpoint(const KafkaSettings& kafka,
                                                       const Names& names, Read how, Phase phase) {
  TRY(const auto client, MakeReader(kafka, names.id));
  Failure failure = FailureOf(Reach(client->get()));
  Event event;
  if (!failure.code) {
    event = Ask(client->get(), names, how);
    failure = FailureOf(RD_KAFKA_RESP_ERR__TIMED_OUT);
  }
  rd_kafka_poll(client->get(), 0);
  if (event != nullptr) failure = FailureOf(rd_kafka_event_error(event.get()));
  if (failure.code) {
    return std::unexpected(ErrorOf(kVerb, client->Explained(failure), names, phase, Remedy::kWait));
  }
  return MetadataOf(event.get(), names, phase);
}

}  // namespace reprocess::kafka
