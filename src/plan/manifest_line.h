// A line of a manifest: a list of files that somebody else has made.
//
//   csv        bucket,key[,version], as S3 Batch Operations reads it; or, where the first line names the
//              columns as an S3 Inventory's fileSchema does (Bucket, Key, VersionId, IsDeleteMarker,
//              Size, LastModifiedDate, ETag, StorageClass; others are passed over), those. Keys are
//              URL-encoded
//   ndjson     "path", or {"path":…,"version_id":…,"size":…,"etag":…,"last_modified":…}; paths are
//              literal
//   which      the first line that is not blank says it: JSON begins with { or "{", CSV otherwise
//   errors     kInvalid; of the line alone, whose place the caller knows
//   threads    one at a time
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace reprocess {

struct ManifestFile {
  std::string path;  // s3://bucket/key, or a local one
  std::string version_id{}, etag{}, last_modified{}, storage_class{};  // empty: it does not say
  std::optional<std::uint64_t> size{};
  bool delete_marker = false;  // there is nothing to read
  bool operator==(const ManifestFile&) const = default;
};

class ManifestLines {
 public:
  // nullopt: the line has no file.
  Result<std::optional<ManifestFile>> Read(std::string_view line);

 private:
  enum class Column : std::uint8_t {
    kOther,
    kBucket,
    kKey,
    kVersion,
    kDeleteMarker,
    kSize,
    kModified,
    kEtag,
    kClass
  };
  enum class Form : std::uint8_t { kUnknown, kCsv, kJson };

  static std::optional<std::vector<Column>> ColumnsOf(const std::vector<std::string>& fields);
  Result<std::optional<ManifestFile>> ReadCsv(std::string_view line, bool first);

  Form form_ = Form::kUnknown;
  std::vector<Column> columns_;  // empty: bucket, key and perhaps a version
};

}  // namespace reprocess
