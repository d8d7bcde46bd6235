// FaultPoint of reprocessing-worker-faults: REPROCESS_FAULT_POINT=name[:n] kills the process, as
// kill -9 does, when the place `name` is passed for the n-th time (the first, without n);
// REPROCESS_FAULT=hang: the thread that passes it stays there instead.
#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include <signal.h>
#include <unistd.h>

#include "base/fault_point.h"

namespace reprocess {
namespace {

struct Aim {
  std::string name;
  long passing = 1;
};

Aim ReadAim() {
  const char* text = std::getenv("REPROCESS_FAULT_POINT");
  Aim aim{text == nullptr ? "" : text, 1};
  if (const auto colon = aim.name.rfind(':'); colon != std::string::npos) {
    aim.passing = std::strtol(aim.name.c_str() + colon + 1, nullptr, 10);
    aim.name.resize(colon);
  }
  return aim;
}

}  // namespace

void FaultPoint(const char* name) {
  static const Aim aim = ReadAim();
  static std::atomic<long> passed = 0;
  if (aim.name.empty() || aim.name != std::string_view(name)) return;
  if (++passed != aim.passing) return;
  const char* const fault = std::getenv("REPROCESS_FAULT");
  if (fault == nullptr || std::string_view(fault) != "hang") kill(getpid(), SIGKILL);
  for (;;) pause();
}

}  // namespace reprocess
