#include "kafka/group_lag.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kafka/alike.h"
#include "kafka/group_offsets.h"
#include "kafka/partitions.h"

namespace reprocess {
namespace kafka {
namespace {

constexpr char kVerb[] = "read the group's lag";
constexpr Milliseconds kTimeout{2'000};  // of each request: a stop waits for it

// The group's committed offsets on all partitions; valid as long as the event.
struct Committed {
  Event event;
  const rd_kafka_topic_partition_list_t* places = nullptr;
};
Result<Committed> CommittedBy(const Client& client, const Names& names, Phase phase) {
  TRY(const int count, CountPartitions(client, names, kTimeout));
  const Partitions asked(rd_kafka_topic_partition_list_new(count));
  for (int partition = 0; partition < count; ++partition) {
    rd_kafka_topic_partition_list_add(asked.get(), names.topic.c_str(), partition);
  }
  Committed committed{AskForOffsets(client.get(), names.id, asked.get(), false, kTimeout)};
  TRY(committed.places, OffsetsOf(committed.event.get(), client, kVerb, names, phase));
  for (int i = 0; committed.places != nullptr && i < committed.places->cnt; ++i) {
    if (const auto code = committed.places->elems[i].err) {
      return std::unexpected(
          ErrorOf(kVerb, client.Explained(FailureOf(code)), names, phase, Remedy::kWait));
    }
  }
  return committed;
}

// Those that may be seen; none where the brokers do not say.
std::vector<std::string> AllGroups(const Client& client) {
  const rd_kafka_group_list* raw = nullptr;
  const auto code =
      rd_kafka_list_groups(client.get(), nullptr, &raw, static_cast<int>(kTimeout.count()));
  const Owned<const rd_kafka_group_list, rd_kafka_group_list_destroy> list(raw);
  std::vector<std::string> names;
  for (int i = 0; !code && list && i < list->group_cnt; ++i) {
    names.emplace_back(list->groups[i].group);
  }
  return names;
}

// A partition without a committed offset has -1001 there.
class Reader final : public GroupLag {
 public:
  Reader(std::unique_ptr<Client> client, Names names)
      : client_(std::move(client)), names_(std::move(names)) {}

  Result<std::uint64_t> Read() override {
    rd_kafka_poll(client_->get(), 0);
    TRY(const Committed committed, CommittedBy(*client_, names_, Phase::kRunning));
    std::uint64_t lag = 0;
    for (int i = 0; committed.places != nullptr && i < committed.places->cnt; ++i) {
      const rd_kafka_topic_partition_t& place = committed.places->elems[i];
      TRY(const OffsetSpan held,
          WatermarksOf(*client_, names_, place.partition, kTimeout, Phase::kRunning));
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

Result<void> CheckLagGroup(const KafkaSettings& kafka, const std::string& group) {
  TRY(const auto client, kafka::MakeReader(kafka, group));
  const kafka::Names names = kafka::NamesOf(kafka, group);
  TRY(const kafka::Committed committed, kafka::CommittedBy(*client, names, kafka::Phase::kStart));
  for (int i = 0; committed.places != nullptr && i < committed.places->cnt; ++i) {
    if (committed.places->elems[i].offset >= 0) return {};
  }
  const auto alike = kafka::TopicsAlike(group, kafka::AllGroups(*client));
  std::string hint = "a group without offsets counts as far behind as the topic is long";
  if (!alike.empty()) {
    hint = fmt::format("did you mean {}? {}", fmt::join(alike, ", "), hint);
  }
  return Fatal(fmt::format("find the consumer group: {} has committed nothing on topic {}", group,
                           kafka.topic),
               kafka.brokers, std::move(hint), Code::kNotFound);
}

Result<std::unique_ptr<GroupLag>> MakeGroupLag(const KafkaSettings& kafka,
                                               const std::string& group) {
  // The log's end, not that of committed records.
  TRY(auto client, kafka::MakeReader(kafka, group, {{"isolation.level", "read_uncommitted"}}));
  return std::make_unique<kafka::Reader>(std::move(client), kafka::NamesOf(kafka, group));
}

}  // namespace reprocess
