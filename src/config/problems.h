// All that is wrong with a configuration, collected, so that one message tells it.
//
//   text       first line "check configuration: 3 problems", then a line a problem:
//              "  config.json: limit: "x": expected a whole number ≥ 0"
//   bound      the first kMaxShown problems are spelled out, the rest counted
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

class Problems {
 public:
  static constexpr std::size_t kMaxShown = 50;

  // `place` is a file or a variable, `key` the place in it, `value` what was found there, already
  // fit to be shown (see Quoted); all three but `place` may be empty. `expected` says what would
  // do.
  void Add(std::string_view place, std::string_view key, std::string_view value,
           std::string_view expected);

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  Error ToError() const;

 private:
  std::size_t count_ = 0;
  std::string lines_;
};

// A value in quotes, on one line, cut after some 60 bytes. Never for secrets.
std::string Quoted(std::string_view value);

}  // namespace reprocess
