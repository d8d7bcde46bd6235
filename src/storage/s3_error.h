// What S3 refuses, as an error of the object that was asked for.
#pragma once

#include <string_view>

#include "aws/service_error.h"
#include "base/result.h"

namespace reprocess {

// An S3 answer other than success as an error of that object, final where the service decided:
// "read: HTTP 404 NoSuchKey: …". 412 is kChanged.
Error S3AnswerError(std::string_view action, std::string_view where, int status,
                    const ServiceError& error);

}  // namespace reprocess
