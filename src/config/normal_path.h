// Paths as keys, lists and tables know them.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

// A local path made absolute and lexically normal, without a slash at its end; links are not
// followed. "s3://…" as it is, byte for byte.
std::string NormalPath(std::string_view path);

}  // namespace reprocess
