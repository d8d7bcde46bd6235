// The last part of a path: "a.ndjson" of "/x/a.ndjson" and of "s3://bucket/x/a.ndjson".
#pragma once

#include <string_view>

namespace reprocess {

// A view of `path`; all of it where it has no slash.
inline std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace reprocess
