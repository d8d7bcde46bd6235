// CheckTopic: is the destinations topic there, before the first line is read.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kafka/alike.h"
#include "kafka/client.h"
#include "kafka/kafka_sink.h"

namespace reprocess {
namespace kafka {
namespace {

constexpr char kVerb[] = "find the topic";
constexpr Milliseconds kSlice{1'000};  // between looks at the stop token
constexpr Milliseconds kPause{250};
constexpr Milliseconds kLong{2'000};  // before it is said what is waited for

// Metadata of the one topic, or of all. A consumer's client: asking never makes a topic.
struct Answer {
  rd_kafka_resp_err_t code;
  Metadata metadata;
};
Answer Ask(const Client& client, const std::string* topic, Milliseconds within) {
  const rd_kafka_metadata_t* raw = nullptr;
  const Topic only(topic == nullptr ? nullptr
                                    : rd_kafka_topic_new(client.get(), topic->c_str(), nullptr));
  const rd_kafka_resp_err_t code = rd_kafka_metadata(
      client.get(), topic == nullptr ? 1 : 0, only.get(), &raw, static_cast<int>(within.count()));
  rd_kafka_poll(client.get(), 0);
  return {code, Metadata(raw)};
}

std::vector<std::string> AllTopics(const Client& client) {
  const Answer answer = Ask(client, nullptr, kSlice * 5);
  std::vector<std::string> names;
  if (answer.code) return names;
  for (int i = 0; i < answer.metadata->topic_cnt; ++i) {
    names.emplace_back(answer.metadata->topics[i].topic);
  }
  return names;
}

Error Missing(const Client& client, const Names& names) {
  const std::vector<std::string> alike = TopicsAlike(names.topic, AllTopics(client));
  std::string hint =
      "name it with KAFKA_DESTINATIONS_TOPIC (`reprocess run`: --topic), or have it made with "
      "REPROCESS_CREATE_TOPIC=true (--create-topic)";
  if (!alike.empty()) hint = fmt::format("it may be called {}: {}", fmt::join(alike, ", "), hint);
  return {.what = fmt::format("{}: there is no topic {}", kVerb, names.topic),
          .where = names.brokers,
          .hint = std::move(hint),
          .code = Code::kNotFound};
}

// With the broker's own defaults for partitions and replicas.
Result<void> Create(const Client& client, const Names& names) {
  std::array<char, 256> reason{};
  const Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(
      rd_kafka_NewTopic_new(names.topic.c_str(), -1, -1, reason.data(), reason.size()));
  if (!topic) return Fatal(fmt::format("make the topic: {}", reason.data()), names.topic);
  const Queue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(client.get(), topics, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), 30'000));

  Failure failure = FailureOf(RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (event) failure = FailureOf(rd_kafka_event_error(event.get()));
  if (event && !failure.code) {
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count > 0) failure = FailureOf(rd_kafka_topic_result_error(results[0]));
  }
  if (!failure.code || failure.code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  Error error =
      ErrorOf("make the topic", client.Explained(failure), names, Phase::kStart, Remedy::kStop);
  if (error.code == Code::kNotAuthorized) {
    error.hint = fmt::format("grant Create on Topic {}, or make it by hand", names.topic);
  }
  return std::unexpected(std::move(error));
}

class TopicCheck {
 public:
  TopicCheck(const Client& client, const KafkaSettings& kafka, const Settings& settings,
             const std::stop_token& stop, const std::function<void(const std::string&)>& waiting)
      : client_(client),
        names_(NamesOf(kafka)),
        create_(kafka.create_topic),
        begun_(SystemClock().Now()),
        deadline_(begun_ + settings.start_timeout),
        stop_(stop),
        waiting_(waiting) {}

  Result<void> Run() {
    for (;;) {
      const rd_kafka_resp_err_t code = Look();
      if (!code) {
        if (told_) waiting_("");
        return {};
      }
      if (stop_.stop_requested()) {
        return Stopped("find the topic");
      }
      TRY_OK(Decide(code));
      const SteadyTime now = SystemClock().Now();
      if (now >= deadline_) return std::unexpected(Away(code));
      if (waiting_ && now - begun_ >= kLong && !std::exchange(told_, true)) {
        waiting_(
            fmt::format("Kafka at {}: no answer about topic {}", names_.brokers, names_.topic));
      }
      (void)SystemClock().SleepFor(kPause, stop_);
    }
  }

 private:
  rd_kafka_resp_err_t Look() {
    const Answer answer = Ask(client_, &names_.topic, kSlice);
    if (answer.code) return answer.code;
    if (answer.metadata->topic_cnt == 0) return RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    const rd_kafka_metadata_topic_t& topic = answer.metadata->topics[0];
    if (topic.err) return topic.err;
    return topic.partition_cnt > 0 ? RD_KAFKA_RESP_ERR_NO_ERROR
                                   : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  }

  // Success: look again. A topic that was just made may not be known to every broker yet.
  Result<void> Decide(rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      if (created_ || !std::exchange(missed_, true)) return {};
      if (!create_) return std::unexpected(Missing(client_, names_));
      created_ = true;
      return Create(client_, names_);
    }
    Error error = ErrorOf(kVerb, FailureOf(code), names_, Phase::kStart, Remedy::kWait);
    if (error.code == Code::kNotAuthorized) {
      error.hint = fmt::format("grant Describe and Write on Topic {}", names_.topic);
    }
    if (error.remedy == Remedy::kStop) return std::unexpected(std::move(error));
    return {};
  }

  Error Away(rd_kafka_resp_err_t code) const {
    Error error =
        ErrorOf(kVerb, client_.Explained(FailureOf(code)), names_, Phase::kStart, Remedy::kStop);
    error.hint = ConnectionHint(error.what);
    error.code = Code::kTimedOut;
    return error;
  }

  const Client& client_;
  const Names names_;
  const bool create_;
  const SteadyTime begun_, deadline_;
  const std::stop_token& stop_;
  const std::function<void(const std::string&)>& waiting_;
  bool missed_ = false, created_ = false, told_ = false;
};

}  // namespace
}  // namespace kafka

Result<void> CheckTopic(const KafkaSettings& kafka, const Settings& settings,
                        const std::stop_token& stop,
                        const std::function<void(const std::string& why)>& waiting) {
  TRY(const auto client, kafka::MakeReader(kafka, {}));
  return kafka::TopicCheck(*client, kafka, settings, stop, waiting).Run();
}

}  // namespace reprocess
