// Walks a directory.
#pragma once

#include <string_view>
#include <vector>

#include "model/storage.h"
#include "storage/local_root.h"

namespace reprocess {

// Lists all that is no directory at or below `path`, sorted by path, bytewise. Links to files are
// followed and listed under their own names. Links to directories are not followed, so that no file
// is listed twice and no circle is entered; only `path` itself may be one. A directory that cannot
// be read is an error, never a shorter list; what vanishes meanwhile is left out. `path` itself may
// not lie outside `root`; a link below it that leads outside is listed, and opening it then says
// so.
Result<std::vector<ListedObject>> ListLocal(std::string_view path,
                                            const LocalRoot& root = LocalRoot({}));

}  // namespace reprocess
