#include "views/errors.h"

#include "views/json.h"

namespace reprocess {
namespace {

Json DocumentOf(const std::string& job_id, const ErrorsView& view) {
  return {{"job", job_id},
          {"reasons", ToJson(view.reasons)},
          {"streams", ToJson(view.streams)},
          {"rows", ToJson(view.rows)}};
}

}  // namespace

std::string ErrorsJson(const std::string& job_id, const ErrorsView& view) {
  return ToDocument(DocumentOf(job_id, view));
}

std::string ErrorsPageJson(const std::string& job_id, const ErrorsView& view,
                           const std::string& next) {
  Json json = DocumentOf(job_id, view);
  json["next"] = OrNull(next);
  return ToDocument(json);
}

}  // namespace reprocess
