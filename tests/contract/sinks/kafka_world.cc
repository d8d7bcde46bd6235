#include "contract/sinks/broker.h"
#include "kafka/kafka_sink.h"

namespace reprocess::test {
namespace {

class Kafka final : public SinkWorld {
 public:
  explicit Kafka(Transactions transactions) : transactions_(transactions) {
    CreateTopic(topic_, 4);
  }
  std::unique_ptr<Sink> Make() override {
    return *MakeKafkaSink(SettingsOf(topic_), {}, {topic_, 0}, transactions_);
  }
  std::vector<Record> Visible() override {
    std::vector<Record> records;
    for (Placed& placed : Consume(topic_)) records.push_back(std::move(placed.record));
    return records;
  }
  bool HasKeys() const override { return true; }

 private:
  const Transactions transactions_;
  const std::string topic_ = FreshName("contract");
};

}  // namespace

std::unique_ptr<SinkWorld> KafkaWorld() {
  return std::make_unique<Kafka>(Transactions::kOn);
}
std::unique_ptr<SinkWorld> KafkaWithoutTransactionsWorld() {
  return std::make_unique<Kafka>(Transactions::kOff);
}

}  // namespace reprocess::test
