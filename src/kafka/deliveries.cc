#include "kafka/deliveries.h"

namespace reprocess::kafka {

Deliveries::Loan* Deliveries::Lend(std::shared_ptr<Buffer> buffer) {
  loans_.push_front({.owner = this, .buffer = std::move(buffer), .records = 1, .self = {}});
  loans_.front().self = loans_.begin();
  return &loans_.front();
}

void Deliveries::Return(Loan* loan) {
  if (--loan->records == 0) loans_.erase(loan->self);
}

void Deliveries::OnReport(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* loan = static_cast<Loan*>(message->_private);
  if (message->err) loan->owner->Note(message->err);
  loan->owner->bytes_out_ -= message->len;
  loan->owner->Return(loan);
}

void Deliveries::Note(rd_kafka_resp_err_t code) {
  if (!failure_ || (BlamesRecord(code) && !BlamesRecord(failure_->code))) {
    failure_ = FailureOf(code);
  }
}

void Deliveries::Clear() {
  loans_.clear();
  bytes_out_ = 0;
  failure_.reset();
}

}  // namespace reprocess::kafka
