// The buffers lent to librdkafka, which sends values out of them without a copy, and what the
// delivery reports of their records say.
//
//   ownership  a loan keeps its buffer alive until the last report of its records, or until Clear()
//   threads    one: reports come on the thread that polls
#pragma once

#include <list>
#include <memory>
#include <optional>

#include <librdkafka/rdkafka.h>

#include "kafka/errors.h"
#include "model/buffer.h"

namespace reprocess::kafka {

class Deliveries {
 public:
  struct Loan {
    Deliveries* owner;
    std::shared_ptr<Buffer> buffer;
    std::size_t records;  // whose reports are still to come, and one until Return()
    std::list<Loan>::iterator self;
  };

  // Between Lend and Return records are added to the loan; it ends with its last report after that.
  Loan* Lend(std::shared_ptr<Buffer> buffer);
  void Return(Loan* loan);

  // A record whose value of `bytes` was handed over with this loan as its opaque.
  void Add(Loan* loan, std::size_t bytes) {
    ++loan->records;
    bytes_out_ += bytes;
  }
  // Of values handed over and not reported yet.
  std::size_t bytes_out() const { return bytes_out_; }

  // librdkafka's delivery report callback. The message's opaque is its Loan.
  static void OnReport(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);

  // Why a record was not delivered: the first reason, or the first that blames a record.
  const std::optional<Failure>& failure() const { return failure_; }

  // Frees what was never reported. Only when the handle is gone.
  void Clear();

 private:
  void Note(rd_kafka_resp_err_t code);

  std::list<Loan> loans_;
  std::size_t bytes_out_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace reprocess::kafka
