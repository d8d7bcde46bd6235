#include "kafka/kafka_probe.h"

#include <utility>

#include "base/fault_point.h"
#include "kafka/producer.h"

namespace reprocess::kafka {
namespace {

constexpr Milliseconds kPoll{100};
constexpr int kAbortMs = 1'000;

class KafkaProbe final : public Probe {
 public:
  KafkaProbe(KafkaSettings kafka, const Settings& settings, Names names)
      : kafka_(std::move(kafka)), settings_(settings), names_(std::move(names)) {
    kafka_.properties.emplace_back("linger.ms", "0");
    kafka_.properties.emplace_back("max.in.flight.requests.per.connection", "1");
  }

  Result<std::optional<Error>> Try(const Batch& batch, std::size_t from, std::size_t to,
                                   const std::stop_token& stop) override {
    Result<std::optional<Error>> tried = Send(batch, from, to, stop);
    if (!tried || *tried) {
      producer_.reset();  // aborts
      open_ = false;
    }
    return tried;
  }

 private:
  Result<std::optional<Error>> Send(const Batch& batch, std::size_t from, std::size_t to,
                                    const std::stop_token& stop) {
    TRY_OK(Begin(stop));
    Result<Produced> produced = producer_->Produce(batch, from, to, Phase::kRunning);
    if (!produced) return Refused(std::move(produced).error());
    if (produced->refused) return std::move(produced->refused);
    const SteadyTime deadline = SystemClock().Now() + settings_.transaction_timeout;
    while (producer_->bytes_out() > 0 && !producer_->failure()) {
      if (stop.stop_requested()) {
        return Stopped("try records");
      }
      if (SystemClock().Now() >= deadline) {
        return Failed({RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "the brokers take no records", false});
      }
      producer_->Poll(kPoll);  // returns with the first report
    }
    FaultPoint("while_probing");
    if (producer_->failure()) return Failed(*producer_->failure());
    return std::nullopt;
  }

  Result<void> Begin(const std::stop_token& stop) {
    const SteadyTime now = SystemClock().Now();
    if (open_ && now < began_ + settings_.commit_interval) return {};
    if (std::exchange(open_, false) &&
        Take(rd_kafka_abort_transaction(producer_->client().get(), kAbortMs))) {
      producer_.reset();
    }
    if (!producer_) {
      TRY(producer_, Producer::Make(kafka_, settings_, true, names_));
      TRY_OK(producer_->InitTransactions(stop, Phase::kRunning));
    }
    if (auto failure = Take(rd_kafka_begin_transaction(producer_->client().get()))) {
      return std::unexpected(ErrorFor("begin a transaction", *std::move(failure)));
    }
    open_ = true;
    began_ = now;
    return {};
  }

  static Result<std::optional<Error>> Refused(Error error) {
    if (error.remedy != Remedy::kIsolate) return std::unexpected(std::move(error));
    return error;
  }
  Result<std::optional<Error>> Failed(Failure failure) const {
    return Refused(ErrorFor("deliver", std::move(failure)));
  }
  Error ErrorFor(std::string_view verb, Failure failure) const {
    return ErrorOf(verb, producer_->CauseOf(std::move(failure)), names_, Phase::kRunning,
                   Remedy::kAbortAndRewind);
  }

  KafkaSettings kafka_;
  const Settings settings_;
  const Names names_;
  std::unique_ptr<Producer> producer_;
  bool open_ = false;  // a transaction
  SteadyTime began_{};
};

}  // namespace

std::unique_ptr<Probe> MakeKafkaProbe(KafkaSettings kafka, const Settings& settings, Names names) {
  return std::make_unique<KafkaProbe>(std::move(kafka), settings, std::move(names));
}

}  // namespace reprocess::kafka
