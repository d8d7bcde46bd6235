// What the filter reads of a message. Of duplicate keys the last one counts.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

// The strings are unescaped. An escaped lone surrogate becomes its three bytes as in WTF-8, so that
// it equals no id that is UTF-8. What is not there, or is no string, is empty.
struct Fields {
  std::string_view created;  // messageCreated
  bool has_origin = false;   // origin is there, and an object
  std::string_view source_id, slug;
};

}  // namespace reprocess
