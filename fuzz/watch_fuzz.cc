// A watch and a log in pieces of any size are the same lines as in one; an event that is taken reads
// the same when it is written again, and a log line's text is the line's own end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "kube/line_cutter.h"
#include "kube/logs.h"
#include "kube/watch.h"

using namespace reprocess;

namespace {

std::vector<std::string> Lines(std::string_view text, std::size_t piece) {
  std::vector<std::string> lines;
  LineCutter cutter(1 << 20);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!cutter.Add(text.substr(at, piece), [&](std::string_view line) {
          lines.emplace_back(line);
          return true;
        })) {
      std::abort();
    }
  }
  lines.push_back(cutter.rest());
  return lines;
}

std::string Written(const WatchEvent& event) {
  using enum WatchEvent::Kind;
  const std::string_view type = event.kind == kAdded      ? "ADDED"
                                : event.kind == kModified ? "MODIFIED"
                                : event.kind == kDeleted  ? "DELETED"
                                                          : "BOOKMARK";
  return std::string(R"({"object":)") + event.object.json + R"(,"type":")" + std::string(type) +
         "\"}";
}

void CheckEvent(std::string_view line) {
  const auto event = ParseWatchEvent(line);
  if (!event && event.error().code != Code::kInvalid) std::abort();
  if (!event || event->kind == WatchEvent::Kind::kError) return;
  const auto again = ParseWatchEvent(Written(*event));
  if (!again || again->kind != event->kind || again->object.json != event->object.json ||
      again->object.resource_version.empty()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1 << 20) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> lines = Lines(text, text.size() + 1);
  if (lines != Lines(text, data[0] % 32U + 1)) std::abort();
  for (const std::string& line : lines) {
    CheckEvent(line);
    if (const auto log = ParseLogLine(line); log && line.find(log->text) == std::string::npos) {
      std::abort();
    }
  }
  return 0;
}
