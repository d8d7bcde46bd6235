// Lists what lies below "s3://bucket/prefix", all pages of it.
//
//   found      every key that begins with the prefix; if an object has exactly that key, and it
//              does not end in '/', that one alone
//   order      none; an object may be told twice
//   errors     kNotFound when there is none
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/storage.h"
#include "storage/s3_client.h"

namespace reprocess {

// `take` is called from several threads, one at a time.
Result<void> ListS3(S3Client& client, std::string_view path, const TakeListed& take);

struct ListPage {
  std::vector<ListedObject> objects;  // path: the key
  std::string next;                   // continuation token; empty: this was the last
};

// The answer of ListObjectsV2.
Result<ListPage> ParseListPage(std::string_view xml);

}  // namespace reprocess
