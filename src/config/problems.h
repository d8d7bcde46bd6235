// Collects all that is wrong with a configuration, so that one message tells it.
//
//   text       The first line is "check configuration: 3 problems"; each problem has a line:
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

  // `place` is a file or a variable, `key` a place in it, and `value` what was found there, fit to
  // be shown (see Quoted); key and value may be empty. `expected` says what would be accepted.
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
