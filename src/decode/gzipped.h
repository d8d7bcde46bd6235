// A text as one gzip member.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

std::string Gzipped(std::string_view text);

}  // namespace reprocess
