// Tells what is waited for when nothing has been printed for two seconds.
//
//   threads    one of its own, which prints; Begin and End from one other
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "cli/console.h"

namespace reprocess {

class Silence {
 public:
  explicit Silence(const Console& console);  // borrowed

  void Begin(std::string what);  // is waited for from now on; said once
  void End() { Begin({}); }      // on return nothing is being said

 private:
  void Loop(const std::stop_token& stop);

  const Console& console_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string what_;  // empty: nothing, or it has been said
  std::uint64_t turn_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace reprocess
