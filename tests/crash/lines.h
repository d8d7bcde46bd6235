// Files written as a row of letters, one a line, and what must become of each.
//
//   g  a message to send                  b  no JSON                    .  blank
//   n  JSON, but no object                u  of an unknown stream       d  of one without
//   destination s  of a stream that is not asked for  o  longer than max_line_bytes L  larger than
//   what the sink takes for certain (max_value_bytes) t  refused by Kafka's client          r
//   refused by the broker ~  last: the line before it has no terminator
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "model/job_config.h"
#include "model/reason.h"
#include "model/stream_map.h"

namespace reprocess::test {

inline constexpr std::uint64_t kMaxLineBytes = 300, kMaxValueBytes = 200;

struct PlannedLine {
  std::string text;  // without terminator
  std::uint64_t first_byte = 0, end_byte = 0;
  std::optional<Reason> reason;  // none: it is sent
};

struct PlannedFile {
  std::string path;
  std::vector<PlannedLine> lines;
  std::string Text() const;
  bool terminated = true;
};

PlannedFile PlanFile(const std::string& path, std::string_view letters);

// Runs of one letter, so that rows of the ledger meet the ends of batches and of transactions.
std::string RandomLetters(std::minstd_rand& random, std::string_view letters);

// What the letters rely on.
StreamMap StreamsOfLetters();
JobConfig ConfigOfLetters();
bool ClientRefuses(std::string_view value);  // t
bool BrokerRefuses(std::string_view value);  // r

}  // namespace reprocess::test
