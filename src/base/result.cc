#include "base/result.h"

#include <fmt/format.h>

namespace reprocess {

std::string Error::ToString() const {
  std::string text = what;
  if (!where.empty()) text += fmt::format(" ({})", where);
  if (!hint.empty()) text += fmt::format("; {}", hint);
  return text;
}

std::unexpected<Error> Fatal(std::string what, std::string where, std::string hint, Code code) {
  return std::unexpected(
      Error{Scope::kJob, Remedy::kStop, std::move(what), std::move(where), std::move(hint), code});
}

Error WithContext(std::string_view context, Error error) {
  error.what = fmt::format("{}: {}", context, error.what);
  return error;
}

}  // namespace reprocess
