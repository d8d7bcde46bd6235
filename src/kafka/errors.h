// The one place that says what an error of librdkafka means for a replay.
//
//   certainty  at the start a missing right or feature ends the replay (kStop). Once this sink has
//              committed, the same answers come from brokers that restart or change hands, so they
//              are waited out
//   time-outs  are never kStop
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/result.h"

namespace reprocess::kafka {

// What error texts and hints name.
struct Names {
  std::string brokers, topic;
  std::string id;  // transactional.id and group.id; empty for a client that is no shard
};

struct Failure {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string text;
  bool retriable = false;  // the same call may be made again
};

enum class Phase : bool { kStart, kRunning };

// Takes over and frees what librdkafka returned; nullopt for success.
std::optional<Failure> Take(rd_kafka_error_t* error);
Failure FailureOf(rd_kafka_resp_err_t code);

// Whether the broker or the client refuses a record for what it is.
bool BlamesRecord(rd_kafka_resp_err_t code);
bool IsTimeout(rd_kafka_resp_err_t code);

// What the operator can change where no connection is made, judged by what librdkafka says of it.
std::string ConnectionHint(std::string_view text);

// "<verb>: <text>". `otherwise` is the remedy of what is none of the known kinds.
Error ErrorOf(std::string_view verb, const Failure& failure, const Names& names, Phase phase,
              Remedy otherwise);

}  // namespace reprocess::kafka
