// What S3 says of one object, in the version that is asked for: HeadObject.
//
//   errors     kNotFound where it is not there; those of s3_client.h
//   threads    any
#pragma once

#include <stop_token>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/storage.h"
#include "net/http.h"
#include "storage/s3_client.h"

namespace reprocess {

Result<ListedObject> LookAtS3(S3Client& client, const FileItem& item, const std::stop_token& stop);

// The same of an answer's headers.
Result<ListedObject> LookedAt(const FileItem& item, const std::vector<HttpHeader>& headers);

}  // namespace reprocess
