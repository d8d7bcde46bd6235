// A file descriptor that closes itself.
#pragma once

#include <utility>

#include <unistd.h>

namespace reprocess {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Somebody else closes it from here on.
  void Release() { fd_ = -1; }

 private:
  int fd_;
};

}  // namespace reprocess
