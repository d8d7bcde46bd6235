#include "kafka/producer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <random>

#include <fmt/format.h>

namespace reprocess::kafka {
namespace {

constexpr char kHeader[] = "connection_ids";
constexpr std::size_t kPollEvery = 256;  // records
constexpr int kAbortMs = 300;
constexpr Milliseconds kInitPatience{10'000};
constexpr Milliseconds kInitSlice{200};  // between looks at the stop token
// Enough for a batch that is being filled, one that is compressed and some under way; what waits
// longer has left the processor's caches when its turn comes. One value is always taken, whatever
// its size.
constexpr std::size_t kMostBytesOut = 5 << 20;
constexpr std::uint64_t kQueueKilobytes = 12 << 10;  // librdkafka's bound; ours comes first
// Larger values are compressed from where they lie; for smaller ones a copy costs less than a list
// of places. librdkafka's own 64 kB makes it set aside a second copy of all that a partition has
// queued.
constexpr int kCopiedBytes = 512;
constexpr std::uint64_t kMaxMessageBytes = 1'000'000'000;  // librdkafka's own limit
constexpr int kDoublingWaits = 0x02030000;                 // librdkafka 2.3
constexpr std::uint64_t kRecordOverhead = 64 << 10;        // key, headers and framing of one record

std::int64_t NowMs() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<Milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<Conf> MakeProducerConf(const KafkaSettings& kafka, const Settings& settings,
                              const std::string& transactional_id) {
  const std::uint64_t message_bytes =
      std::min(settings.max_line_bytes, kMaxMessageBytes - kRecordOverhead) + kRecordOverhead;
  Properties defaults = {
      {"message.max.bytes", std::to_string(message_bytes)},
      {"compression.codec", "zstd"},
      {"compression.level", std::to_string(settings.zstd_level)},
      {"linger.ms", "100"},
      {"batch.size", std::to_string(1 << 20)},
      {"batch.num.messages", "100000"},
      // The contract's least. Of records of a few bytes each weighs more in librdkafka than its value.
      {"queue.buffering.max.messages", "200000"},
      {"queue.buffering.max.kbytes", std::to_string(kQueueKilobytes)},
      {"message.copy.max.bytes", std::to_string(kCopiedBytes)},
  };
  // Kafka lets a transaction begin some milliseconds after the one before it has ended, and a broker
  // that says "not yet" is asked again after this time: by default 100 ms, which is long for short
  // transactions. It doubles with each answer; before 2.3 it does not, and records would be sent
  // again a hundred times a second.
  if (rd_kafka_version() >= kDoublingWaits) defaults.emplace_back("retry.backoff.ms", "10");
  Properties fixed = {{"enable.idempotence", "true"},
                      {"isolation.level", "read_uncommitted"}};  // of watermarks: the log's end
  if (!transactional_id.empty()) {
    fixed.emplace_back("transactional.id", transactional_id);
    fixed.emplace_back("transaction.timeout.ms",
                       std::to_string(settings.transaction_timeout.count()));
  }
  TRY(Conf conf, MakeConf(kafka, defaults, fixed));
  // A record larger than the queue would never find room in it.
  const std::int64_t needed = NumberOf(conf.get(), "message.max.bytes") / 1024 + 1024;
  if (NumberOf(conf.get(), "queue.buffering.max.kbytes") < needed) {
    (void)rd_kafka_conf_set(conf.get(), "queue.buffering.max.kbytes",
                            std::to_string(needed).c_str(), nullptr, 0);
  }
  return conf;
}

// Shards start at different partitions, so that they do not fill the same one at the same time.
Producer::Producer(Names names, bool transactional, Milliseconds patience)
    : names_(std::move(names)),
      transactional_(transactional),
      patience_(patience),
      rotation_(std::random_device{}()) {}

// The abort is not for the broker, which drops the transaction in any case: destroying a handle
// that is about to add a partition to its transaction fails an assertion in librdkafka 2.0.2
// (txn_req_cnt).
Producer::~Producer() {
  if (transactional_ && client_) {
    (void)Take(rd_kafka_abort_transaction(client_->get(), kAbortMs));
  }
  topic_.reset();
  client_.reset();
  deliveries_.Clear();
}

Result<std::unique_ptr<Producer>> Producer::Make(const KafkaSettings& kafka,
                                                 const Settings& settings, bool transactional,
                                                 Names names) {
  TRY(Conf conf, MakeProducerConf(kafka, settings, transactional ? names.id : std::string()));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), Deliveries::OnReport);
  // The broker gives up a transaction that stands still for longer than its time-out.
  const Milliseconds patience = transactional
                                    ? std::min(settings.transaction_timeout, settings.kafka_timeout)
                                    : settings.kafka_timeout;
  std::unique_ptr<Producer> producer(new Producer(std::move(names), transactional, patience));
  TRY(producer->client_, Client::Make(RD_KAFKA_PRODUCER, std::move(conf), kafka));
  rd_kafka_t* handle = producer->client_->get();

  // Made before init_transactions: the first record then finds the topic's partitions known. Its
  // configuration is the handle's own, which has the compression level.
  rd_kafka_topic_conf_t* topic_conf = rd_kafka_default_topic_conf_dup(handle);
  rd_kafka_topic_conf_set_partitioner_cb(topic_conf, Rotation::Partition);
  rd_kafka_topic_conf_set_opaque(topic_conf, &producer->rotation_);
  producer->topic_.reset(rd_kafka_topic_new(handle, producer->names_.topic.c_str(), topic_conf));
  if (!producer->topic_) {
    const Failure failure = FailureOf(rd_kafka_last_error());
    rd_kafka_topic_conf_destroy(topic_conf);
    return std::unexpected(
        ErrorOf("use the topic", failure, producer->names_, Phase::kStart, Remedy::kStop));
  }
  return producer;
}

Result<void> Producer::InitTransactions(const std::stop_token& stop, Phase phase) {
  const SteadyTime deadline = SystemClock().Now() + kInitPatience;
  for (;;) {
    const auto failure =
        Take(rd_kafka_init_transactions(client_->get(), static_cast<int>(kInitSlice.count())));
    if (!failure) return {};
    Poll(Milliseconds{10});
    if (stop.stop_requested()) {
      return Stopped("open Kafka");
    }
    if (!failure->retriable || SystemClock().Now() >= deadline) {
      return std::unexpected(
          ErrorOf("open Kafka", CauseOf(*failure), names_, phase, Remedy::kWait));
    }
  }
}

void Producer::Poll(Milliseconds wait) {
  rd_kafka_poll(client_->get(), static_cast<int>(wait.count()));
}

Result<Produced> Producer::Produce(const Batch& batch, std::size_t from, std::size_t to,
                                   Phase phase) {
  Deliveries::Loan* loan = deliveries_.Lend(batch.buffer);
  Result<Produced> produced = SendRange(batch, from, to, loan, phase);
  deliveries_.Return(loan);
  return produced;
}

Result<Produced> Producer::SendRange(const Batch& batch, std::size_t from, std::size_t to,
                                     Deliveries::Loan* loan, Phase phase) {
  const std::int64_t now_ms = NowMs();
  for (std::size_t i = from; i < to; ++i) {
    const Line& line = batch.lines[i];
    if (line.verdict != Verdict::kSend) continue;
    rd_kafka_resp_err_t code = Send(line, batch.file_key, loan, now_ms);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      TRY_OK(SendWhenThereIsRoom(line, batch.file_key, loan, now_ms, phase));
      code = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      Error refused = ErrorOf("send", FailureOf(code), names_, phase, Remedy::kCount);
      refused.remedy = Remedy::kCount;
      return Produced{.next = i, .refused = std::move(refused)};
    }
    if (code) {
      return std::unexpected(
          ErrorOf("send", CauseOf(FailureOf(code)), names_, phase, Remedy::kAbortAndRewind));
    }
    rotation_.Advance(line.size + kKeySize);
    if (i % kPollEvery == 0) Poll();
  }
  Poll();
  return Produced{.next = to, .refused = std::nullopt};
}

rd_kafka_resp_err_t Producer::Send(const Line& line, const FileKey& file, Deliveries::Loan* loan,
                                   std::int64_t now_ms) {
  if (deliveries_.bytes_out() > 0 && deliveries_.bytes_out() + line.size > kMostBytesOut) {
    return RD_KAFKA_RESP_ERR__QUEUE_FULL;
  }
  const KeyText key = LineKeyOf(file, line.first_byte);
  rd_kafka_headers_t* headers = nullptr;
  if (!line.connection_ids.empty()) {
    headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, kHeader, sizeof kHeader - 1, line.connection_ids.data(),
                        static_cast<ssize_t>(line.connection_ids.size()));
  }
  const rd_kafka_resp_err_t code = rd_kafka_producev(
      client_->get(), RD_KAFKA_VTYPE_RKT, topic_.get(), RD_KAFKA_VTYPE_MSGFLAGS, 0,
      RD_KAFKA_VTYPE_VALUE, static_cast<void*>(line.text), static_cast<std::size_t>(line.size),
      RD_KAFKA_VTYPE_KEY, static_cast<const void*>(key.data()), key.size(),
      RD_KAFKA_VTYPE_TIMESTAMP, now_ms, RD_KAFKA_VTYPE_OPAQUE, static_cast<void*>(loan),
      headers != nullptr ? RD_KAFKA_VTYPE_HEADERS : RD_KAFKA_VTYPE_END, headers,
      RD_KAFKA_VTYPE_END);
  if (!code) {
    deliveries_.Add(loan, line.size);
  } else if (headers != nullptr) {
    rd_kafka_headers_destroy(headers);
  }
  return code;
}

Result<void> Producer::SendWhenThereIsRoom(const Line& line, const FileKey& file,
                                           Deliveries::Loan* loan, std::int64_t now_ms,
                                           Phase phase) {
  const SteadyTime deadline = SystemClock().Now() + patience_;
  for (;;) {
    Poll(Milliseconds{100});  // returns with the first report
    const rd_kafka_resp_err_t code = Send(line, file, loan, now_ms);
    if (!code) return {};
    Failure failure = FailureOf(code);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      if (SystemClock().Now() < deadline) continue;
      failure = {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "the brokers take no records", false};
    }
    return std::unexpected(
        ErrorOf("send", CauseOf(std::move(failure)), names_, phase, Remedy::kAbortAndRewind));
  }
}

Failure Producer::CauseOf(Failure failure) const {
  // Purged: librdkafka gave up what was queued when the transaction failed.
  const bool vague = failure.code == RD_KAFKA_RESP_ERR__STATE ||
                     failure.code == RD_KAFKA_RESP_ERR__FATAL ||
                     failure.code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                     failure.code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
  if (vague && transactional_) {
    // To start a transaction is refused in that state, with the error that led to it.
    auto cause = Take(rd_kafka_begin_transaction(client_->get()));
    if (cause) failure = *std::move(cause);
  } else if (vague) {
    std::array<char, 512> text{};
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(client_->get(), text.data(), text.size());
    if (code) failure = {code, text.data(), false};
  }
  rd_kafka_poll(client_->get(), 0);
  if (this->failure() && BlamesRecord(this->failure()->code)) failure = *this->failure();
  return client_->Explained(std::move(failure));
}

}  // namespace reprocess::kafka
