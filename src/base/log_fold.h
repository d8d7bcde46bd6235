// Which log lines are written, and which are only counted because they repeat what was written.
//
//   the same   a line whose message and fields are those of the last one of its kind is counted
//   alike      of warnings and errors that differ, those beyond kMostAlike of a kind within a
//              window are counted too, so that a flood of them costs a few lines
//   kind       message, shard, and the field "reason", else "why"
//   window     kWindow after the first line of a kind; then what was counted is to be written
//   threads    one at a time
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"

namespace reprocess {

class LogFold {
 public:
  static constexpr std::chrono::seconds kWindow{30};
  static constexpr std::uint64_t kMostAlike = 100;

  struct Repeated {
    LogLevel level;
    std::string message;
    std::vector<LogField> fields;  // of the last one
    std::uint64_t count;
  };

  // Whether this line is to be written; else it is counted. TakeOver is called first.
  bool Admit(LogLevel level, std::string_view message, const std::vector<LogField>& fields,
             SteadyTime now);

  // What was counted in windows that are over at `now`, the oldest kind first; all at max().
  std::vector<Repeated> TakeOver(SteadyTime now);

 private:
  struct Kind {
    SteadyTime until;
    std::string last_text;
    std::uint64_t written = 0;
    Repeated repeated;
  };
  std::map<std::string, Kind> kinds_;
  SteadyTime next_over_ = SteadyTime::max();
};

}  // namespace reprocess
