// A producing client: one topic, values sent from where they lie.
//
//   ownership  a batch's buffer lives until its last delivery report, or until the Producer is gone
//   errors     Produce: kIsolate, or kAbortAndRewind (what is open is lost)
//   threads    one at a time
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "kafka/client.h"
#include "kafka/deliveries.h"
#include "kafka/errors.h"
#include "kafka/rotation.h"
#include "model/batch.h"
#include "model/settings.h"
#include "model/sink.h"

namespace reprocess::kafka {

// `transactional_id` empty: idempotent, without transactions. Checks KafkaSettings::properties.
Result<Conf> MakeProducerConf(const KafkaSettings& kafka, const Settings& settings,
                              const std::string& transactional_id);

class Producer {
 public:
  static Result<std::unique_ptr<Producer>> Make(const KafkaSettings& kafka,
                                                const Settings& settings, bool transactional,
                                                Names names);
  ~Producer();

  // Fences every earlier producer of its transactional id, and aborts what that left open. kWait
  // after a while; replay/ calls again.
  Result<void> InitTransactions(const std::stop_token& stop, Phase phase);

  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to, Phase phase);

  // Serves delivery reports and errors.
  void Poll(Milliseconds wait = Milliseconds{0});

  // What brought `failure` about, where librdkafka says no more than "wrong state", and where a
  // refused record is at the bottom of it.
  Failure CauseOf(Failure failure) const;

  // Why records were not delivered, if any were not.
  const std::optional<Failure>& failure() const { return deliveries_.failure(); }
  std::size_t bytes_out() const { return deliveries_.bytes_out(); }
  Client& client() { return *client_; }

 private:
  Producer(Names names, bool transactional, Milliseconds patience);
  rd_kafka_resp_err_t Send(const Line& line, const FileKey& file, Deliveries::Loan* loan,
                           std::int64_t now_ms);
  Result<Produced> SendRange(const Batch& batch, std::size_t from, std::size_t to,
                             Deliveries::Loan* loan, Phase phase);
  Result<void> SendWhenThereIsRoom(const Line& line, const FileKey& file, Deliveries::Loan* loan,
                                   std::int64_t now_ms, Phase phase);

  const Names names_;
  const bool transactional_;
  const Milliseconds patience_;  // for room in the queue
  Deliveries deliveries_;        // outlives the handle that holds pointers into it
  Rotation rotation_;
  std::unique_ptr<Client> client_;
  Topic topic_;
};

}  // namespace reprocess::kafka
