// Logs that are followed: a thread each, of which there are few.
//
//   slow       lines are written at the pace of 3 MB a second, so that those of before the call do not
//              make a listener slow who takes them as fast as they come
//   ends       with the job, the listener, or the listener's session; and when this ends
//   threads    any
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.h"
#include "http/server.h"
#include "jobs/launcher.h"

namespace reprocess {

inline constexpr std::size_t kMostLogStreams = 32;

class LogStreams {
 public:
  explicit LogStreams(Launcher& launcher) : launcher_(launcher) {}

  // An error with kRetry where there are as many as there may be.
  Result<void> HasRoom();
  // `stop` fires when the listener is gone.
  void Add(LogsRequest request, const std::string& session, const std::stop_token& stop,
           std::shared_ptr<HttpServer::Outlet> outlet);
  void EndSession(const std::string& session);
  std::set<std::string> Sessions();  // of those that are followed

 private:
  struct Stream {
    std::string session;
    bool ended = false;  // under mutex_
    std::jthread thread{};
  };
  void Reap();

  Launcher& launcher_;
  std::mutex mutex_;
  std::list<Stream> streams_;
};

}  // namespace reprocess
