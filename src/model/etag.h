// How an S3 object's version is named in version tags.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

// The ETag without the quotes that HTTP puts around it; with the version that was asked for, if one was.
inline std::string VersionTag(std::string_view etag, std::string_view version_id) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  std::string tag(etag);
  if (!version_id.empty()) tag.append("@").append(version_id);
  return tag;
}

}  // namespace reprocess
