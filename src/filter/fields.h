// What the judge reads of a message. The last of duplicate keys counts.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

// Unescaped; an escaped lone surrogate becomes its three bytes as in WTF-8, so that it equals no id
// that is UTF-8. Not there, or no string: empty.
struct Fields {
  std::string_view created;  // messageCreated
  bool has_origin = false;   // origin is there, and an object
  std::string_view source_id, slug;
};

}  // namespace reprocess
