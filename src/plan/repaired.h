// Repaired versions of a job's failed files: where they lie, and whether they begin with the bytes
// that the job read, so that what follows can be sent under the keys of the first path.
//
//   where      they lie at the same path; with a directory, below it under the same name (".gz" and
//              ".zst" may differ); or where "OLD=NEW" says
//   whole      a part of a file has no hash, and neither has what an earlier build read: of these
//              it cannot be told whether another version begins alike
//   threads    one at a time
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/job_config.h"
#include "model/storage.h"
#include "model/stores.h"

namespace reprocess {

class RepairedFiles {
 public:
  // Lists `directory`, unless it is empty. It is an error where a text of `moved` names none of
  // `failed`. Borrows the storage.
  static Result<RepairedFiles> Find(Storage& storage, const std::string& directory,
                                    const std::vector<std::string>& moved,
                                    const std::vector<FileRow>& failed);

  // The repaired version of a failed file, pinned, its keys the first path's; which part of it is
  // left to the caller. Any error but kStopped says why there is none.
  Result<FileItem> Of(const FileRow& failed, const std::stop_token& stop) const;

 private:
  explicit RepairedFiles(Storage& storage) : storage_(&storage) {}
  Result<std::string> PathOf(const FileRow& failed) const;

  Storage* storage_;
  std::string directory_;
  std::vector<std::string> below_;            // paths below it
  std::map<std::string, std::string> moved_;  // by the path that the job read
};

}  // namespace reprocess
