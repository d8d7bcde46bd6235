// Finds a job's files in a manifest (manifest_line.h) instead of a listing.
//
//   found      as below a path: by names and dates, what is left out is told. What the manifest does
//              not say of a file (size, version, last change), and whether one of an archive class is
//              restored, the storage is asked, several files at a time
//   manifest   a local file or an object, compressed or not
//   errors     `where` is the manifest and the line; a file that is not there is left out
//   memory     beside the files that are found (store/planned_files.h), some lines
//   threads    one at a time
#pragma once

#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "model/storage.h"
#include "plan/discover.h"

namespace reprocess {

Result<Discovery> DiscoverManifest(Storage& storage, const PlanSource& source,
                                   std::optional<WallTime> date_from,
                                   std::optional<WallTime> date_to, const std::stop_token& stop);

}  // namespace reprocess
