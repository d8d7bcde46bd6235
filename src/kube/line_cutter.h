// Lines of a text that arrives in pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace reprocess {

class LineCutter {
 public:
  // A line is valid during the call, and without its end. False: enough.
  using Taker = std::function<bool(std::string_view line)>;

  explicit LineCutter(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // False: the taker had enough, or a line is too long.
  bool Add(std::string_view bytes, const Taker& take) {
    for (;;) {
      const auto end = bytes.find('\n');
      if (begun_.size() + std::min(end, bytes.size()) > max_bytes_) {
        too_long_ = true;
        return false;
      }
      begun_ += bytes.substr(0, end);
      if (end == std::string_view::npos) return true;
      bytes.remove_prefix(end + 1);
      const std::string line = std::exchange(begun_, {});
      if (!take(line)) return false;
    }
  }

  bool too_long() const { return too_long_; }
  // What came without a line's end.
  const std::string& rest() const { return begun_; }

 private:
  std::size_t max_bytes_;
  std::string begun_;
  bool too_long_ = false;
};

}  // namespace reprocess
