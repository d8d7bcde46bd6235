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
  return std::unexpected(Error{
      .what = std::move(what), .where = std::move(where), .hint = std::move(hint), .code = code});
}

std::unexpected<Error> Invalid(std::string what, std::string where, std::string hint) {
  return Fatal(std::move(what), std::move(where), std::move(hint), Code::kInvalid);
}

std::unexpected<Error> Stopped(std::string_view verb) {
  return Fatal(fmt::format("{}: asked to stop", verb), {}, {}, Code::kStopped);
}

std::unexpected<Error> FileError(std::string what, std::string where, std::string hint, Code code) {
  return std::unexpected(Error{.remedy = Remedy::kCount,
                               .what = std::move(what),
                               .where = std::move(where),
                               .hint = std::move(hint),
                               .code = code});
}

Error WithContext(std::string_view context, Error error) {
  error.what = fmt::format("{}: {}", context, error.what);
  return error;
}

}  // namespace reprocess
