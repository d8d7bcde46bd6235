// A file descriptor that closes itself, and the few calls on it, with their errors in words.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Release();

 private:
  int fd_;
};

// "verb: reason of `error_number`", kStop.
std::unexpected<Error> FileError(std::string_view verb, const std::string& path, int error_number);

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path);
Result<void> SyncDirectory(const std::string& path);

}  // namespace reprocess
