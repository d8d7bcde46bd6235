// The file that says how much of a shard's data counts: "<data bytes> <checkpoint text>\n".
//
//   atomic     Replace writes a neighbour, syncs it, renames it over the old one and syncs the
//              folder: a reader sees the old pair or the new one
//   strictness anything but exactly that form is an error; nothing is guessed
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace reprocess {

class CheckpointFile {
 public:
  struct Content {
    std::uint64_t data_bytes;
    std::string text;
  };
  explicit CheckpointFile(std::string path);

  // nullopt when there is none yet.
  Result<std::optional<Content>> Read() const;
  Result<void> Replace(const Content& content);

 private:
  std::string path_, temporary_path_, folder_;
};

}  // namespace reprocess
