#include "contract/sinks/broker.h"
#include "kafka/kafka_sink.h"

namespace reprocess::test {
namespace {

class Kafka final : public SinkWorld {
 public:
  explicit Kafka(Mode mode) : mode_(mode) { CreateTopic(topic_, 4); }
  std::unique_ptr<Sink> Make() override {
    return *MakeKafkaSink(SettingsOf(topic_), {}, {topic_, 0}, mode_);
  }
  std::vector<Record> Visible() override {
    std::vector<Record> records;
    for (Placed& placed : Consume(topic_)) records.push_back(std::move(placed.record));
    return records;
  }
  bool HasKeys() const override { return true; }

 private:
  const Mode mode_;
  const std::string topic_ = FreshName("contract");
};

}  // namespace

std::unique_ptr<SinkWorld> KafkaWorld() {
  return std::make_unique<Kafka>(Mode::kExactlyOnce);
}
std::unique_ptr<SinkWorld> KafkaWithoutTransactionsWorld() {
  return std::make_unique<Kafka>(Mode::kAtLeastOnce);
}

}  // namespace reprocess::test
