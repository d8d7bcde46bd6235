// S3 as a Storage. A version tag is the object's ETag without its quotes, with "@<version id>"
// where a version was asked for.
//
//   start      the first Open or List chooses the identity and begins the transfer thread; until
//              then this costs nothing. What is wrong with them is the error of each call
//   threads    one at a time; each source too
#pragma once

#include <functional>
#include <memory>

#include "aws/identity.h"
#include "base/clock.h"
#include "base/environment.h"
#include "model/settings.h"
#include "model/storage.h"

namespace reprocess {

// `clock` is borrowed for its life; `retried` as in make_storage.h.
std::unique_ptr<Storage> MakeS3Storage(const S3Settings& settings, Environment environment,
                                       Notice notice, Clock& clock,
                                       std::function<void()> retried = {});

}  // namespace reprocess
