// What each worker of a list has to do: shard i of N has positions i, i + N, …, but for those before
// start_file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/queries.h"

namespace reprocess {

class ShareSums {
 public:
  ShareSums(int shards, std::string start_file)
      : shares_(static_cast<std::size_t>(shards)),
        start_file_(std::move(start_file)),
        begun_(start_file_.empty()) {}

  // Each of the whole list, in its order, with its ListedBytes.
  void Add(std::string_view path, std::uint64_t bytes) {
    begun_ = begun_ || path == start_file_;
    PlannedShare& share = shares_[position_++ % shares_.size()];
    if (!begun_) return;
    ++share.files;
    share.bytes += bytes;
  }
  const std::vector<PlannedShare>& shares() const { return shares_; }

 private:
  std::vector<PlannedShare> shares_;
  const std::string start_file_;
  bool begun_;  // start_file has come
  std::size_t position_ = 0;
};

}  // namespace reprocess
