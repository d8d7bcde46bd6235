// files.json, read item by item, as often as it is asked for: a list may have a million items, of
// which a worker keeps those of its own share.
//
//   parts      a line of a file has one key, so no byte of a path may be listed twice. While the
//              list is checked, eight bytes are kept of each item; the items of a path that is
//              listed more than once are read again and compared
//   ownership  copies share the open file
//   threads    one at a time
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/problems.h"
#include "config/text_stream.h"
#include "model/job_config.h"

namespace reprocess {

class FileList {
 public:
  using Take = std::function<void(FileItem item)>;

  FileList() = default;  // of no files
  FileList(OpenBytes open, std::string where, std::size_t size)
      : open_(std::move(open)), where_(std::move(where)), size_(size) {}

  std::size_t size() const { return size_; }

  // Calls `take` with each item, in list order, its paths made normal (normal_path.h).
  Result<void> ForEachItem(const Take& take) const;

 private:
  OpenBytes open_;
  std::string where_;
  std::size_t size_ = 0;
};

// Reads the list once and checks it. What can be read of a list with problems is given all the
// same.
FileList ReadFileList(OpenBytes open, std::string_view where, Problems& problems,
                      std::vector<std::string>& warnings);

}  // namespace reprocess
