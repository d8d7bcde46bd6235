#include "kafka/group_offsets.h"

#include <array>

namespace reprocess::kafka {
namespace {

using Options = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using Request =
    Owned<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>;

constexpr int kAnswerMs = 5'000;

bool ABrokerAnswers(rd_kafka_t* handle) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, nullptr, &raw, kAnswerMs);
  const Metadata metadata(raw);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

// What a transaction that is still open holds back comes by itself: 2.0.2 says so of a partition,
// 2.8 of the answer.
Remedy RemedyOf(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT ? Remedy::kRetry : Remedy::kWait;
}

}  // namespace

Error OffsetsError(std::string_view verb, const Failure& failure, const Names& names, Phase phase) {
  return ErrorOf(verb, failure, names, phase, RemedyOf(failure.code));
}

Event AskForOffsets(rd_kafka_t* consumer, const std::string& group,
                    const rd_kafka_topic_partition_list_t* partitions, bool stable,
                    Milliseconds within) {
  if (!ABrokerAnswers(consumer)) return nullptr;
  const int timeout_ms = static_cast<int>(within.count());
  const Options options(
      rd_kafka_AdminOptions_new(consumer, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
  std::array<char, 256> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason.data(),
                                            reason.size());
  const Owned<rd_kafka_error_t, rd_kafka_error_destroy> refused(
      rd_kafka_AdminOptions_set_require_stable_offsets(options.get(), stable));
  const Request request(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), partitions));
  const Queue queue(rd_kafka_queue_new(consumer));
  rd_kafka_ListConsumerGroupOffsets_t* requests[] = {request.get()};
  rd_kafka_ListConsumerGroupOffsets(consumer, requests, 1, options.get(), queue.get());
  return Event(rd_kafka_queue_poll(queue.get(), timeout_ms + 1'000));
}

Result<const rd_kafka_topic_partition_list_t*> OffsetsOf(const rd_kafka_event_t* event,
                                                         const Client& client,
                                                         std::string_view verb, const Names& names,
                                                         Phase phase) {
  Failure failure = FailureOf(RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (event != nullptr)
    failure = FailureOf(rd_kafka_event_error(const_cast<rd_kafka_event_t*>(event)));
  if (failure.code) {
    return std::unexpected(OffsetsError(verb, client.Explained(failure), names, phase));
  }
  std::size_t groups = 0;
  const rd_kafka_group_result_t** results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(const_cast<rd_kafka_event_t*>(event)),
      &groups);
  if (groups == 0) return nullptr;
  if (const rd_kafka_error_t* error = rd_kafka_group_result_error(results[0])) {
    return std::unexpected(OffsetsError(verb, FailureOf(rd_kafka_error_code(error)), names, phase));
  }
  return rd_kafka_group_result_partitions(results[0]);
}

}  // namespace reprocess::kafka
