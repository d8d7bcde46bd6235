#include "model/failure_kind.h"

#include <fmt/format.h>

namespace reprocess {

std::string_view NameOf(FailureKind kind) {
  switch (kind) {
    case FailureKind::kFingerprint:
      return "fingerprint";
    case FailureKind::kMaxErrors:
      return "max_errors";
    case FailureKind::kConfiguration:
      break;
  }
  return "configuration";
}

std::optional<FailureKind> FailureKindOf(const Error& error) {
  if (error.remedy != Remedy::kStop) return std::nullopt;
  if (error.code == Code::kConflict) return FailureKind::kFingerprint;
  if (error.code == Code::kInvalid) return FailureKind::kConfiguration;
  return std::nullopt;
}

std::string FailureText(std::optional<FailureKind> kind, std::string error) {
  return kind ? fmt::format("{}{}): {}", kForGood, NameOf(*kind), error) : std::move(error);
}

std::optional<FailureKind> FailureKindIn(std::string_view text) {
  for (const FailureKind kind :
       {FailureKind::kFingerprint, FailureKind::kMaxErrors, FailureKind::kConfiguration}) {
    if (text.starts_with(fmt::format("{}{})", kForGood, NameOf(kind)))) return kind;
  }
  return std::nullopt;
}

}  // namespace reprocess
