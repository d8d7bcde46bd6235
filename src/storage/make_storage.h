// The Storage of a job: "s3://…" is S3, everything else a local path.
#pragma once

#include <functional>
#include <memory>

#include "aws/identity.h"
#include "base/environment.h"
#include "model/settings.h"
#include "model/storage.h"

namespace reprocess {

// Nothing of S3 is looked at before the first path that needs it. `environment` is AWS's own
// variables, from which the identity is chosen; `notice` is told which one it is. `retried` is told
// of each repeated request for a part of an S3 object, on the transfer thread; it must be quick.
std::unique_ptr<Storage> MakeStorage(const Settings& settings, Environment environment,
                                     Notice notice = {}, std::function<void()> retried = {});

// The same, by whoever knows the environment already.
using StorageMaker = std::function<std::unique_ptr<Storage>(const Settings& settings, Notice notice,
                                                            std::function<void()> retried)>;
StorageMaker StorageMakerIn(Environment environment);

}  // namespace reprocess
