// One object on its way from the transfer thread to its reader: what both of them see.
//
//   threads    `shared` belongs to the mutex; the object and its parts' inside to the transfer
//              thread alone, but for pieces below `published`, which are the reader's
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "storage/s3_part.h"

namespace reprocess {

struct S3Stream {
  S3Stream(S3Object of, std::uint64_t from) : object(std::move(of)), next(from) {}

  struct Slot {
    explicit Slot(std::unique_ptr<S3Part> of) : part(std::move(of)) {}
    std::unique_ptr<S3Part> part;
    std::size_t published = 0, consumed = 0;
    bool complete = false;
  };

  // The transfer thread's.
  S3Object object;

  // The mutex's.
  std::deque<Slot> slots;             // in order
  std::uint64_t next;                 // first byte that no slot is for
  std::optional<std::uint64_t> size;  // of the object, once known
  std::string etag;                   // … with it
  std::optional<Error> error;         // after the bytes of all slots
  bool nothing_there = false;         // no byte at or past the start
  bool opened = false;                // by a reader; else it is read ahead
  bool eager = false;                 // more than one part at a time
  bool waiting = false;               // its reader waits
  bool closed = false;                // its reader is gone
};

// What the streams of one S3Reader share.
struct S3Exchange {
  std::mutex mutex;
  std::condition_variable_any changed;            // for readers
  std::deque<std::unique_ptr<S3Stream>> streams;  // opened ones first, in order of opening

  std::size_t slots() const {
    std::size_t sum = 0;
    for (const auto& stream : streams) sum += stream->slots.size();
    return sum;
  }
};

}  // namespace reprocess
