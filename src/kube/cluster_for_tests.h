// An API server that says what a test has written down, one answer after the other.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aws/clock_for_tests.h"
#include "kube/api.h"
#include "net/server_for_tests.h"

namespace reprocess {

class ScriptedCluster {
 public:
  explicit ScriptedCluster(std::vector<Reply> replies,
                           Server::Opener open = std::make_unique<Channel, int>)
      : replies_(std::move(replies)),
        server_([this](const std::string& request) { return Next(request); }, std::move(open)) {}

  ClusterAccess access() const {
    return {.server = server_.url(""), .name_space = "team", .proxy = ""};
  }
  int port() const { return server_.port(); }
  // As they came: head and body.
  std::vector<std::string> requests() {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  Reply Next(const std::string& request) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    if (requests_.size() > replies_.size()) return Answered("404 Not Found", "");
    return replies_[requests_.size() - 1];
  }

  const std::vector<Reply> replies_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  Server server_;
};

// A Status object, as a refusal has it.
inline std::string Refused(const std::string& status, const std::string& message,
                           const std::string& headers = {}) {
  return Answered(status, R"({"kind":"Status","message":")" + message + "\"}", headers);
}

// An answer without a length, cut where the text ends.
inline std::string Streamed(const std::string& text) {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + text;
}

// Sleeping moves the hands; no jitter.
inline KubeWorld WorldOf(Clock& clock) {
  return {clock, [] { return 0.0; }};
}

}  // namespace reprocess
