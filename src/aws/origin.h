// An endpoint's URL taken apart.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

struct Origin {
  std::string scheme;
  std::string host;  // as the Host header has it: without a port that the scheme implies
  std::string path;  // without a slash at its end; may be empty
};

// `endpoint`: an http or https URL.
Origin OriginOf(std::string_view endpoint);

}  // namespace reprocess
