// Which storage classes of S3 an object must first be restored from before it can be read.
#pragma once

#include <string_view>

namespace reprocess {

inline bool IsArchiveClass(std::string_view storage_class) {
  return storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE";
}

}  // namespace reprocess
