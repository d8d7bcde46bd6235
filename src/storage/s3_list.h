// Lists what lies below "s3://bucket/prefix", all pages of it.
//
//   found      every key that begins with the prefix; if an object has exactly that key, and it
//              does not end in '/', that one alone
//   errors     kNotFound when there is none
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/storage.h"
#include "storage/s3_client.h"

namespace reprocess {

Result<std::vector<ListedObject>> ListS3(S3Client& client, std::string_view path);

struct ListPage {
  std::vector<ListedObject> objects;  // path: the key
  std::string next;                   // continuation token; empty: this was the last
};

// The answer of ListObjectsV2.
Result<ListPage> ParseListPage(std::string_view xml);

}  // namespace reprocess
