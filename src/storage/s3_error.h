// What S3's refusals mean.
#pragma once

#include <string_view>

#include "aws/service_error.h"
#include "base/result.h"

namespace reprocess {

// Makes an error of the object that was asked for out of an answer that is no success, such as
// "read: HTTP 404 NoSuchKey: …". It is final (kCount) where the service has decided; 412 is
// kChanged.
Error S3AnswerError(std::string_view action, std::string_view where, int status,
                    const ServiceError& error);

}  // namespace reprocess
