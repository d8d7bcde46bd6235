// Reads what a container writes, with the time of each line.
//
//   follow     a stream that ends, is cut or falls silent goes on from its last line's second; lines
//              at or before the last nanosecond seen are dropped, so none comes twice. It ends when
//              the container has, with all that it wrote, or when the pod is gone
//   left out   what the kubelet says of itself among the lines (it has no time), and a line without
//              an end while the container runs
//   errors     kStopped, kNotFound (FollowLog: never), kInvalid for a container that is not the
//              pod's, and those of kube/api.h. FollowLog tells of
//              what waiting heals and waits, with backoff
//   threads    the taker is called on the calling thread
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/api.h"
#include "model/time_text.h"

namespace reprocess {

struct LogLine {
  PreciseTime time;
  std::string_view text;  // valid during the call
};

struct LogQuery {
  std::string pod, container;
  std::optional<WallTime> since{};
  std::optional<int> tail{};  // that many lines, before what a follow adds
  bool previous = false;      // of the container that was restarted
};

struct LogTaker {
  std::function<bool(const LogLine& line)> line;  // false ends it, which is no error
  std::function<void(const Error& error)> away;   // before each wait
};

Result<void> ReadLog(KubeApi& api, const LogQuery& query, const LogTaker& taker,
                     const std::stop_token& stop);
Result<void> FollowLog(KubeApi& api, const LogQuery& query, const LogTaker& taker,
                       const std::stop_token& stop);

// "2026-05-01T00:00:00.123456789Z text"; nullopt where no time is in front.
std::optional<LogLine> ParseLogLine(std::string_view line);

}  // namespace reprocess
