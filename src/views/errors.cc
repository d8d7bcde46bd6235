#include "views/errors.h"

#include "views/json.h"

namespace reprocess {

std::string ErrorsJson(const std::string& job_id, const ErrorsView& view) {
  return ToDocument({{"job", job_id},
                     {"reasons", ToJson(view.reasons)},
                     {"streams", ToJson(view.streams)},
                     {"rows", ToJson(view.rows)}});
}

}  // namespace reprocess
