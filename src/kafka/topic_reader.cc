#include "kafka/topic_reader.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "kafka/partitions.h"

namespace reprocess {
namespace kafka {
namespace {

constexpr char kVerb[] = "read the topic";
constexpr Milliseconds kQueryTimeout{10'000};
constexpr int kSliceMs = 200;  // between looks at the stop token
constexpr std::size_t kMessagesACall = 1'000;

using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;

// The partitions that are being read, each until it is past its span.
class Reading {
 public:
  Reading(const Client& client, const Names& names, rd_kafka_topic_t* topic,
          const std::vector<std::string>& headers)
      : client_(client),
        names_(names),
        topic_(topic),
        queue_(rd_kafka_queue_new(client.get())),
        header_names_(headers),
        headers_(headers.size()) {}
  ~Reading() {
    for (const auto& [partition, place] : open_) rd_kafka_consume_stop(topic_, partition);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  Result<void> Start(const OffsetSpan& span) {
    if (rd_kafka_consume_start_queue(topic_, span.partition, span.from, queue_.get()) != 0) {
      return std::unexpected(ErrorFor(FailureOf(rd_kafka_last_error())));
    }
    open_[span.partition] = {span.from, span.to};
    return {};
  }

  // Takes what has come. False: nothing was a step forward.
  Result<bool> Take(const std::function<void(const TopicRecord&)>& take) {
    std::array<rd_kafka_message_t*, kMessagesACall> messages;
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue_.get(), kSliceMs, messages.data(), messages.size());
    rd_kafka_poll(client_.get(), 0);
    bool forward = false;
    std::optional<Error> failed;
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (!failed) failed = TakeOne(*message, take, forward);
      rd_kafka_message_destroy(message);
    }
    if (failed) return std::unexpected(*std::move(failed));
    return forward;
  }

  bool done() const { return open_.empty(); }

  Error TimedOut() const {
    const auto& [partition, place] = *open_.begin();
    Failure failure = FailureOf(RD_KAFKA_RESP_ERR__TIMED_OUT);
    failure.text = fmt::format("nothing comes behind offset {} of partition {}, wanted up to {}",
                               place.from, partition, place.to);
    Error error = ErrorFor(client_.Explained(std::move(failure)));
    error.hint = "an open transaction holds it back, or the brokers are away: try again later";
    return error;
  }

 private:
  struct Place {
    std::int64_t from = 0, to = 0;
  };

  std::optional<Error> TakeOne(const rd_kafka_message_t& message,
                               const std::function<void(const TopicRecord&)>& take, bool& forward) {
    const auto found = open_.find(message.partition);
    if (found == open_.end()) return std::nullopt;  // past its span: other traffic
    Place& place = found->second;
    if (message.err && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (IsTransient(message.err)) return std::nullopt;
      return ErrorFor(FailureOf(message.err));
    }
    // At the end its offset is the one of the record that would come next.
    const std::int64_t next = message.err ? message.offset : message.offset + 1;
    forward = forward || next > place.from;
    place.from = next;
    if (!message.err && message.offset < place.to) {
      ReadHeaders(message);
      take({message.partition, message.offset,
            std::string_view(static_cast<const char*>(message.key), message.key_len),
            std::string_view(static_cast<const char*>(message.payload), message.len),
            TimeOf(message), headers_});
    }
    if (place.from >= place.to) {
      rd_kafka_consume_stop(topic_, message.partition);
      open_.erase(found);
      forward = true;
    }
    return std::nullopt;
  }

  static std::optional<WallTime> TimeOf(const rd_kafka_message_t& message) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t milliseconds = rd_kafka_message_timestamp(&message, &type);
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || milliseconds < 0) return std::nullopt;
    return WallTime(Milliseconds(milliseconds));
  }

  void ReadHeaders(const rd_kafka_message_t& message) {
    if (header_names_.empty()) return;
    std::ranges::fill(headers_, std::nullopt);
    rd_kafka_headers_t* all = nullptr;
    if (rd_kafka_message_headers(&message, &all) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    for (std::size_t i = 0; i < header_names_.size(); ++i) {
      const void* value = nullptr;
      std::size_t size = 0;
      if (rd_kafka_header_get_last(all, header_names_[i].c_str(), &value, &size) ==
          RD_KAFKA_RESP_ERR_NO_ERROR) {
        headers_[i] = std::string_view(static_cast<const char*>(value), size);
      }
    }
  }

  Error ErrorFor(const Failure& failure) const {
    return ErrorOf(kVerb, failure, names_, Phase::kStart, Remedy::kWait);
  }

  const Client& client_;
  const Names& names_;
  rd_kafka_topic_t* const topic_;
  const Queue queue_;
  const std::vector<std::string>& header_names_;
  std::vector<std::optional<std::string_view>> headers_;  // of the record that is being taken
  std::map<int, Place> open_;
};

class Reader final : public TopicReader {
 public:
  Reader(const KafkaSettings& kafka, Milliseconds patience, std::vector<std::string> headers)
      : kafka_(kafka), names_(NamesOf(kafka)), patience_(patience), headers_(std::move(headers)) {}

  Result<std::vector<OffsetSpan>> Held() override {
    TRY(Conf conf, MakeConf(kafka_, {}, {{"isolation.level", "read_uncommitted"}}));
    TRY(const auto client, Client::Make(RD_KAFKA_CONSUMER, std::move(conf), kafka_));
    return AllWatermarks(*client, names_, kQueryTimeout, Phase::kStart);
  }

  Result<void> Read(std::span<const OffsetSpan> spans,
                    const std::function<void(const TopicRecord&)>& take,
                    const std::stop_token& stop) override {
    TRY(Conf conf, MakeConf(kafka_, {{"queued.max.messages.kbytes", "32768"}},
                            {{"isolation.level", "read_committed"},
                             {"enable.partition.eof", "true"},
                             {"auto.offset.reset", "earliest"}}));
    TRY(const auto client, Client::Make(RD_KAFKA_CONSUMER, std::move(conf), kafka_));
    const Topic topic(rd_kafka_topic_new(client->get(), names_.topic.c_str(), nullptr));
    Reading reading(*client, names_, topic.get(), headers_);
    for (const OffsetSpan& span : spans) {
      if (span.from < span.to) TRY_OK(reading.Start(span));
    }
    SteadyTime deadline = SystemClock().Now() + patience_;
    while (!reading.done()) {
      if (stop.stop_requested()) {
        return Stopped("read the topic");
      }
      TRY(const bool forward, reading.Take(take));
      const SteadyTime now = SystemClock().Now();
      if (forward) deadline = now + patience_;
      if (now >= deadline) return std::unexpected(reading.TimedOut());
    }
    return {};
  }

 private:
  const KafkaSettings kafka_;
  const Names names_;
  const Milliseconds patience_;
  const std::vector<std::string> headers_;
};

}  // namespace
}  // namespace kafka

std::unique_ptr<TopicReader> MakeTopicReader(const KafkaSettings& kafka, Milliseconds patience,
                                             std::vector<std::string> headers) {
  return std::make_unique<kafka::Reader>(kafka, patience, std::move(headers));
}

}  // namespace reprocess
