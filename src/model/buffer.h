// The memory that lines lie in. Shared, because Kafka's client sends values from it without a copy
// and the last delivery report of its records frees it.
//
//   padding    kPadding readable bytes follow the capacity (simdjson reads past a document's end)
//   threads    one writer until the batch has been judged; nobody writes after that
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>

namespace reprocess {

class Buffer {
 public:
  static constexpr std::size_t kPadding = 64;
  explicit Buffer(std::size_t capacity)
      : capacity_(capacity), data_(std::make_unique_for_overwrite<char[]>(capacity + kPadding)) {
    std::memset(data_.get() + capacity, 0, kPadding);
  }
  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t capacity() const { return capacity_; }

 private:
  std::size_t capacity_;
  std::unique_ptr<char[]> data_;
};

}  // namespace reprocess
