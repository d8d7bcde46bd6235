// Says what is waited for when nothing has been printed for two seconds.
//
//   threads    one of its own, which calls `say`; Begin and End from one other
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace reprocess {

class Silence {
 public:
  explicit Silence(std::function<void(const std::string& what)> say);

  void Begin(std::string what);  // is waited for from now on; said once
  void End() { Begin({}); }      // on return nothing is being said

 private:
  void Loop(const std::stop_token& stop);

  const std::function<void(const std::string&)> say_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string what_;  // empty: nothing, or it has been said
  std::uint64_t turn_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace reprocess
