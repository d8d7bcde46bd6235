// The page's files as they stand in src/page/, put into the program by cmake/page.cmake.
#pragma once

#include <span>
#include <string_view>

namespace reprocess {

struct PageFile {
  std::string_view path;  // below src/page/: "index.html", "screens/jobs.js"
  std::string_view type;  // for Content-Type
  std::string_view etag;  // in its quotes: a hash of `plain`
  std::string_view plain, gzip;
};

// Ordered by path. They live as long as the program.
std::span<const PageFile> PageFiles();

}  // namespace reprocess
