// Local files as a Storage. A version tag is "<size>-<mtime in ns>": a file whose size or mtime
// moves while it is read, or between two openings with a pin, fails with kChanged. Directories,
// devices and unreadable files fail that file. A device or pipe is refused: its bytes cannot be
// read again. With a root, so is what lies outside it (local_root.h).
#pragma once

#include <memory>
#include <string>

#include "model/storage.h"

namespace reprocess {

std::unique_ptr<Storage> MakeLocalStorage(std::string root = {});

}  // namespace reprocess
