// The directory that local paths may not leave (REPROCESS_LOCAL_ROOT), symbolic links followed.
//
//   check      what was opened is checked, not its name, so that nothing can be exchanged between
//              check and use. This needs /proc
//   errors     those of local_stat.h; kNotAuthorized for what lies outside
//   threads    any
#pragma once

#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace reprocess {

class LocalRoot {
 public:
  explicit LocalRoot(std::string root) : root_(std::move(root)) {}  // empty: every path will do

  // open(2) with these flags; `action` begins the message of an error.
  Result<Descriptor> Open(const std::string& path, int flags, const char* action) const;

 private:
  const std::string root_;
};

}  // namespace reprocess
