// The few fields that inspection counts by, cut out of a line that is known to be a valid JSON
// object.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

struct MessageFields {
  std::string type, created, stream;  // empty when absent or no string
};

// `stream` is origin.sourceId, or origin.slug where that is empty. Of duplicate keys the last
// counts. Escapes are resolved; a string that no JSON library takes (a lone surrogate) stays as
// written.
MessageFields FieldsOf(std::string_view object);

}  // namespace reprocess
