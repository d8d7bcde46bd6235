// Objects in memory that can break at a byte, once, a few times or for good.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "model/storage.h"

namespace reprocess::test {

// Threads: one at a time.
class FakeStorage final : public Storage {
 public:
  // `times` readings that come to byte `at` of the stored object fail with `error`.
  struct Breakage {
    std::uint64_t at = 0;
    int times = 0;
    Error error;
  };
  struct Object {
    std::string bytes;
    std::string version = "v1";
    bool missing = false;
    Breakage breakage;
  };
  std::map<std::string, Object> objects;
  std::vector<std::string> opened;  // paths, in order
  std::size_t chunk = 256;          // bytes that a Read hands out at most
  std::function<void()> on_read;    // called by each Read, when given

  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                            std::string_view pinned_hash, const std::stop_token& stop) override;
  Result<std::vector<ListedObject>> List(std::string_view) override { return {}; }
};

Error ReadError(Remedy remedy);

}  // namespace reprocess::test
