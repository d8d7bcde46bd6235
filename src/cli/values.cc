#include "cli/values.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "cli/options.h"
#include "config/value_text.h"

namespace reprocess {
namespace {

constexpr std::string_view kS3 = "s3://";

}  // namespace

std::unexpected<Error> Expected(std::string_view option, const std::string& given,
                                std::string_view expected) {
  return Invalid(fmt::format("read {}: expected {}, got \"{}\"", option, expected, given));
}

Result<std::uint64_t> CountOf(std::string_view option, const std::string& text, std::uint64_t least,
                              std::uint64_t most, std::uint64_t fallback) {
  if (text.empty()) return fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    const std::string bound = most == INT64_MAX ? "" : fmt::format(" to {}", most);
    return Expected(option, text, fmt::format("a whole number from {}{}", least, bound));
  }
  return value;
}

Result<std::uint64_t> AmountOf(std::string_view name, const std::string& text) {
  constexpr std::uint64_t kMost = INT64_MAX;
  constexpr std::pair<char, std::uint64_t> kUnits[] = {
      {'k', 1'000}, {'m', 1'000'000}, {'g', 1'000'000'000}};
  const std::string lower = LowerCase(text);
  const auto* const suffix = std::ranges::find(kUnits, lower.empty() ? '\0' : lower.back(),
                                               [](auto u) { return u.first; });
  const std::uint64_t unit = suffix == std::end(kUnits) ? 1 : suffix->second;
  const auto count = ParseWhole(std::string_view(lower).substr(0, lower.size() - (unit > 1)));
  if (!count || *count > kMost / unit) {
    return Expected(name, text, "a whole number from 0, or one with k, M or G behind it");
  }
  return *count * unit;
}

Result<MaxErrors> MostErrorsOf(std::string_view option, const std::string& text) {
  const auto most = ParseMaxErrors(text);
  if (!most) return Expected(option, text, "a whole number of lines, or a share such as 5%");
  return *most;
}

std::string ReasonNames(std::string_view separator) {
  std::string names;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (IsSkip(static_cast<Reason>(i))) continue;
    names.append(names.empty() ? "" : separator).append(kReasonNames.at(i));
  }
  return names;
}

Result<std::optional<Reason>> ReasonArgument(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto reason = ReasonOf(name);
  if (reason && !IsSkip(*reason)) return reason;
  return Expected("--reason", name, "one of " + ReasonNames(", "));
}

Result<std::string> VersionOf(const std::string& version_id,
                              const std::vector<std::string>& paths) {
  if (version_id.empty()) return version_id;
  if (paths.size() == 1 && paths.front().starts_with(kS3) && !paths.front().ends_with('/') &&
      paths.front().find('/', kS3.size()) != std::string::npos) {
    return version_id;
  }
  return Invalid(
      "read --version-id: it needs exactly one PATH, which names one S3 object", {},
      "give s3://bucket/key; for several objects run reprocessing-worker with a files.json "
      "that has a version_id in each item");
}

Result<std::string> ManifestOf(const std::string& manifest, const std::vector<std::string>& paths) {
  if (!manifest.empty() && !paths.empty()) {
    return Invalid("read --manifest: it stands instead of PATH", {}, "give one of both");
  }
  if (manifest.empty() && paths.empty()) {
    return Invalid("read arguments: no PATH, and no --manifest", {},
                   "name files, folders or prefixes, or a list of them");
  }
  return manifest;
}

Result<void> CheckJsonIsSure(const Given& given) {
  if (!given.Has(option::kJson) || given.Has(option::kYes)) return {};
  return Invalid("read --json: with it nothing can be asked", {}, "add --yes");
}

}  // namespace reprocess
