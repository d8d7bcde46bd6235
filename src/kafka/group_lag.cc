#include "kafka/group_lag.h"

#include <algorithm>

#include "kafka/group_offsets.h"
#include "kafka/partitions.h"

namespace reprocess {
namespace kafka {
namespace {

constexpr char kVerb[] = "read the group's lag";
constexpr Milliseconds kTimeout{2'000};  // of each request: a stop waits for it

// A partition without a committed offset has -1001 there.
class Reader final : public GroupLag {
 public:
  Reader(std::unique_ptr<Client> client, Names names)
      : client_(std::move(client)), names_(std::move(names)) {}

  Result<std::uint64_t> Read() override {
    rd_kafka_poll(client_->get(), 0);
    TRY(const int count, CountPartitions(*client_, names_, kTimeout));
    const Partitions asked(rd_kafka_topic_partition_list_new(count));
    for (int partition = 0; partition < count; ++partition) {
      rd_kafka_topic_partition_list_add(asked.get(), names_.topic.c_str(), partition);
    }
    const Event event = AskForOffsets(client_->get(), names_.id, asked.get(), false, kTimeout);
    TRY(const rd_kafka_topic_partition_list_t* committed,
        OffsetsOf(event.get(), *client_, kVerb, names_, Phase::kRunning));
    std::uint64_t lag = 0;
    for (int i = 0; committed != nullptr && i < committed->cnt; ++i) {
      const rd_kafka_topic_partition_t& place = committed->elems[i];
      if (place.err) {
        return std::unexpected(ErrorOf(kVerb, client_->Explained(FailureOf(place.err)), names_,
                                       Phase::kRunning, Remedy::kWait));
      }
      TRY(const OffsetSpan held,
          HeldBy(*client_, names_, place.partition, kTimeout, Phase::kRunning));
      lag += static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, held.to - std::max(held.from, place.offset)));
    }
    return lag;
  }

 private:
  const std::unique_ptr<Client> client_;
  const Names names_;
};

}  // namespace
}  // namespace kafka

Result<std::unique_ptr<GroupLag>> MakeGroupLag(const KafkaSettings& kafka,
                                               const std::string& group) {
  // The log's end, not that of committed records.
  TRY(auto client, kafka::MakeReader(kafka, group, {{"isolation.level", "read_uncommitted"}}));
  return std::make_unique<kafka::Reader>(std::move(client), kafka::NamesOf(kafka, group));
}

}  // namespace reprocess
