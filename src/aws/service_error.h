// What an AWS service says when it refuses: <Error><Code>…</Code><Message>…</Message></Error>.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

struct ServiceError {
  std::string code, message;
  std::string region;  // where a bucket says that it lives; mostly empty
};

// Reads S3's form and STS's. What it gives is empty where the text is no such document.
ServiceError ParseServiceError(std::string_view xml);

// "HTTP 403 AccessDenied: Access Denied".
std::string StatusText(int status, const ServiceError& error);

// Whether the same request may pass later: 5xx, 408, 429 and the codes that mean them.
bool MayPassLater(int status, std::string_view code);

}  // namespace reprocess
