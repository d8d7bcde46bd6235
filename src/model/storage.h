// Where lines come from: objects as byte streams. Local files and S3 are the storages.
//
//   errors     are of one object. kRetry: reading it again may help. kCount: it will not (the
//              object is gone, denied, a directory). Codes: kNotFound, kNotAuthorized, kChanged
//   pinning    Open with a `pinned` version reads that version or fails with kChanged; Read fails
//              with kChanged when the object turns out to have been replaced or rewritten
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/buffer.h"
#include "model/job_config.h"

namespace reprocess {

// Bytes [begin, end) of a buffer, to which the holder may write, and before them too. May be empty.
struct Chunk {
  std::shared_ptr<Buffer> buffer;
  std::size_t begin = 0, end = 0;
};

// Threads: one at a time. May not outlive its Storage.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills some of `out` (at least one byte), in order; 0 at the end of the object.
  virtual Result<std::size_t> Read(std::span<char> out) = 0;
  // Gives the next bytes away as they lie, behind at least `room` bytes of their buffer, to save a
  // copy. An empty chunk: Read has the next bytes, or says that there are none.
  virtual Result<Chunk> Take([[maybe_unused]] std::size_t room) { return Chunk{}; }
};

struct OpenedObject {
  std::unique_ptr<ByteSource> bytes;
  std::string version_tag;  // names this version of the object: "<size>-<mtime ns>", an ETag
  std::uint64_t size = 0;   // of the stored object, in bytes
};

struct ListedObject {
  std::string path;
  std::uint64_t size = 0;
  WallTime last_modified;
  std::string version_tag;
  std::string archived{};  // the storage class that it must first be restored from; else empty
};

using TakeListed = std::function<void(ListedObject&& object)>;

class Storage {
 public:
  virtual ~Storage() = default;

  // Opens at byte `offset` of the stored object. `pinned_hash` is HashText of the version tag that
  // it must have; empty = any.
  virtual Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                                    std::string_view pinned_hash, const std::stop_token& stop) = 0;

  // A hint that this item is opened next, from its start. It costs nothing where it is no help.
  virtual void Prefetch(const FileItem&) {}

  // All objects below `path`, or the one that it names, sorted by path, bytewise.
  virtual Result<std::vector<ListedObject>> List(std::string_view path) = 0;

  // The same of lists that are too long to be held: one after the other, in any order, some perhaps
  // twice. `take` is called by one thread at a time. What it was given before an error is worth nothing.
  virtual Result<void> ListEach(std::string_view path, const TakeListed& take) {
    TRY(auto objects, List(path));
    for (ListedObject& object : objects) take(std::move(object));
    return {};
  }

  // The same of the one object that an item names, in its version. Threads: any.
  virtual Result<ListedObject> Look(const FileItem& item, const std::stop_token&) {
    TRY(auto objects, List(item.path));
    if (objects.size() == 1 && objects.front().path == item.path) return objects.front();
    return FileError("look at the file: there is none", item.path, {}, Code::kNotFound);
  }
};

}  // namespace reprocess
