// A query string's names and values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprocess {

class Query {
 public:
  // Of "a=1&b=x%20y&a=2", as it was sent. What cannot be decoded is as if it were not there, and so
  // is what has no name.
  explicit Query(std::string_view text);

  // The first value of that name, which is empty for "a" and "a=" alike; null where there is none.
  const std::string* Find(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace reprocess
