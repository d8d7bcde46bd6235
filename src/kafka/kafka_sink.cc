#include "kafka/kafka_sink.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fault_point.h"
#include "kafka/group_checkpoint.h"
#include "kafka/kafka_probe.h"
#include "kafka/partitions.h"
#include "kafka/producer.h"

namespace reprocess {
namespace kafka {
namespace {

constexpr Milliseconds kQueryTimeout{5'000};
constexpr Milliseconds kAbortPatience{1'000};
// A call that times out before librdkafka's own thread has looked at it leaves its answer to the
// next one (2.0.2): a commit is then answered while it is under way, and the process aborts.
constexpr Milliseconds kLeastCall{1'000};

using GroupMetadata =
    Owned<rd_kafka_consumer_group_metadata_t, rd_kafka_consumer_group_metadata_destroy>;

std::string IdOf(const ShardRef& shard) {
  return fmt::format("reprocess-{}-{}", shard.job_id, shard.index);
}

// Time that is left, in librdkafka's unit; never "for ever" (-1).
class Deadline {
 public:
  explicit Deadline(Milliseconds within) : at_(SystemClock().Now() + within) {}
  int LeftMs(Milliseconds least = Milliseconds{0}) const {
    const auto left = std::chrono::ceil<Milliseconds>(at_ - SystemClock().Now());
    return static_cast<int>(std::clamp(left, least, Milliseconds{INT32_MAX}).count());
  }
  bool Over() const { return SystemClock().Now() >= at_; }

 private:
  SteadyTime at_;
};

class KafkaSink final : public Sink {
 public:
  KafkaSink(const KafkaSettings& kafka, const Settings& settings, std::string id,
            bool transactional, std::uint64_t max_message_bytes)
      : kafka_(kafka),
        settings_(settings),
        names_(NamesOf(kafka, std::move(id))),
        transactional_(transactional),
        max_message_bytes_(max_message_bytes) {}

  Result<void> Open(const std::stop_token& stop) override;
  Result<std::optional<std::string>> ReadCheckpoint(Read how) override;
  Result<void> Begin() override;
  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) override {
    return producer_->Produce(batch, from, to, phase_);
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override;
  void Abandon() override;
  std::unique_ptr<Probe> MakeProbe() override {
    if (!transactional_) return nullptr;
    return MakeKafkaProbe(kafka_, settings_, NamesOf(kafka_, names_.id + "-probe"));
  }
  void Poll() override {
    if (producer_) producer_->Poll();
  }
  Result<std::vector<std::int64_t>> EndOffsets() override;
  std::uint64_t queued_bytes() const override { return producer_ ? producer_->bytes_out() : 0; }
  Milliseconds TakeThrottled() override {
    return producer_ ? producer_->client().TakeThrottled() : Milliseconds{0};
  }
  std::uint64_t max_value_bytes() const override { return max_message_bytes_ - kKeySize; }

 private:
  template <class Call>
  Result<void> CallUntilDone(std::string_view verb, const Deadline& deadline, Call call);
  Result<void> SendOffsets(std::string_view checkpoint, const Deadline& deadline);
  Result<void> Flush(const Deadline& deadline);
  Error ErrorFor(std::string_view verb, Failure failure, Remedy otherwise) const;
  rd_kafka_t* handle() const { return producer_->client().get(); }

  const KafkaSettings kafka_;
  const Settings settings_;
  const Names names_;
  const bool transactional_;
  const std::uint64_t max_message_bytes_;
  std::unique_ptr<Producer> producer_;
  bool committing_ = false;      // a commit was begun whose answer is still open
  Phase phase_ = Phase::kStart;  // until the first commit
  // Committed with every checkpoint, so that lag dashboards show nothing absurd.
  std::optional<std::int64_t> offset_;
};

Result<void> KafkaSink::Open(const std::stop_token& stop) {
  producer_.reset();
  committing_ = false;
  TRY(producer_, Producer::Make(kafka_, settings_, transactional_, names_));
  if (!transactional_) return {};
  TRY_OK(producer_->InitTransactions(stop, phase_));
  if (offset_) return {};
  TRY(const OffsetSpan held, WatermarksOf(producer_->client(), names_, 0, kQueryTimeout, phase_));
  offset_ = held.to;
  return {};
}

Result<std::optional<std::string>> KafkaSink::ReadCheckpoint(Read how) {
  if (!transactional_) return std::nullopt;
  return ReadGroupCheckpoint(kafka_, names_, how, phase_);
}

Result<void> KafkaSink::Begin() {
  if (!transactional_) return {};
  const auto failure = Take(rd_kafka_begin_transaction(handle()));
  if (!failure) return {};
  return std::unexpected(ErrorFor("begin a transaction", *failure, Remedy::kAbortAndRewind));
}

Result<void> KafkaSink::Commit(std::string_view checkpoint, Milliseconds within) {
  const Deadline deadline(within);
  producer_->Poll();
  if (producer_->failure()) {
    return std::unexpected(ErrorFor("deliver", *producer_->failure(), Remedy::kAbortAndRewind));
  }
  if (!transactional_) {
    TRY_OK(Flush(deadline));
  } else {
    if (!committing_) TRY_OK(SendOffsets(checkpoint, deadline));
    FaultPoint("between_send_offsets_and_commit");
    committing_ = true;
    TRY_OK(CallUntilDone("commit", deadline, [this](int timeout_ms) {
      return rd_kafka_commit_transaction(handle(), timeout_ms);
    }));
    committing_ = false;
  }
  phase_ = Phase::kRunning;
  FaultPoint("after_commit");
  return {};
}

Result<void> KafkaSink::SendOffsets(std::string_view checkpoint, const Deadline& deadline) {
  const Partitions offsets(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* place =
      rd_kafka_topic_partition_list_add(offsets.get(), names_.topic.c_str(), 0);
  place->offset = offset_.value_or(0);
  // The list frees it with librdkafka's own free.
  place->metadata = rd_kafka_mem_malloc(handle(), checkpoint.size() + 1);
  std::ranges::copy(checkpoint, static_cast<char*>(place->metadata));
  static_cast<char*>(place->metadata)[checkpoint.size()] = '\0';
  place->metadata_size = checkpoint.size();
  const GroupMetadata group(rd_kafka_consumer_group_metadata_new(names_.id.c_str()));
  return CallUntilDone("commit the checkpoint", deadline, [&](int timeout_ms) {
    return rd_kafka_send_offsets_to_transaction(handle(), offsets.get(), group.get(), timeout_ms);
  });
}

// A retriable call is made again, never replaced by an abort: a commit whose answer was lost may
// have been made.
template <class Call>
Result<void> KafkaSink::CallUntilDone(std::string_view verb, const Deadline& deadline, Call call) {
  for (;;) {
    const auto failure = Take(call(deadline.LeftMs(kLeastCall)));
    if (!failure) return {};
    producer_->Poll(Milliseconds{failure->retriable ? 20 : 0});
    if (failure->retriable && !deadline.Over()) continue;
    return std::unexpected(
        ErrorFor(verb, *failure, failure->retriable ? Remedy::kRetry : Remedy::kAbortAndRewind));
  }
}

Result<void> KafkaSink::Flush(const Deadline& deadline) {
  const rd_kafka_resp_err_t code = rd_kafka_flush(handle(), deadline.LeftMs());
  if (producer_->failure()) {
    return std::unexpected(ErrorFor("deliver", *producer_->failure(), Remedy::kAbortAndRewind));
  }
  if (!code) return {};
  return std::unexpected(ErrorFor("deliver", FailureOf(code), Remedy::kRetry));
}

void KafkaSink::Abandon() {
  if (!producer_) return;
  if (transactional_) {
    (void)Take(rd_kafka_abort_transaction(handle(), static_cast<int>(kAbortPatience.count())));
  }
  producer_.reset();
}

Result<std::vector<std::int64_t>> KafkaSink::EndOffsets() {
  if (!producer_) return std::vector<std::int64_t>{};
  TRY(const auto held, AllWatermarks(producer_->client(), names_, kQueryTimeout, phase_));
  std::vector<std::int64_t> offsets;
  for (const OffsetSpan& span : held) offsets.push_back(span.to);
  return offsets;
}

Error KafkaSink::ErrorFor(std::string_view verb, Failure failure, Remedy otherwise) const {
  return ErrorOf(verb, producer_->CauseOf(std::move(failure)), names_, phase_, otherwise);
}

}  // namespace
}  // namespace kafka

Result<std::unique_ptr<Sink>> MakeKafkaSink(const KafkaSettings& kafka, const Settings& settings,
                                            const ShardRef& shard, Mode mode) {
  const bool transactional = mode == Mode::kExactlyOnce;
  std::string id = kafka::IdOf(shard);
  TRY(const kafka::Conf conf,
      kafka::MakeProducerConf(kafka, settings, transactional ? id : std::string()));
  const auto max_message_bytes =
      static_cast<std::uint64_t>(kafka::NumberOf(conf.get(), "message.max.bytes"));
  return std::make_unique<kafka::KafkaSink>(kafka, settings, std::move(id), transactional,
                                            max_message_bytes);
}

Result<std::optional<std::string>> ReadKafkaCheckpoint(const KafkaSettings& kafka,
                                                       const ShardRef& shard, Read how) {
  return kafka::ReadGroupCheckpoint(kafka, kafka::NamesOf(kafka, kafka::IdOf(shard)), how,
                                    kafka::Phase::kStart);
}

}  // namespace reprocess
