#include <algorithm>

#include "base/characters.h"
#include "config/load.h"
#include "config/value_text.h"
#include "net/http.h"

namespace reprocess {

void ReadEndpoint(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  for (const std::string_view name : {row.name, std::string_view("AWS_ENDPOINT_URL")}) {
    const auto url = variables.Text(name);
    if (!url) continue;
    if (IsHttpUrl(*url) && !HasControlCharacter(*url) &&
        url->find_first_of("@?#") == std::string::npos) {
      config.settings.s3.endpoint = *url;
    } else {
      variables.problems().Add(name, {}, Quoted(UrlForMessages(*url)),
                               "expected an http:// or https:// URL without user and query");
    }
    return;
  }
}

// Part of a host's name.
void ReadRegion(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  for (const std::string_view name : {row.name, std::string_view("AWS_DEFAULT_REGION")}) {
    const auto region = variables.Text(name);
    if (!region) continue;
    const bool known = std::ranges::all_of(
        *region, [](char c) { return IsLetterOrDigit(c) || c == '-' || c == '_'; });
    if (known) {
      config.settings.s3.region = *region;
    } else {
      variables.problems().Add(name, {}, Quoted(*region), "expected a region, as eu-central-1");
    }
    return;
  }
}

void ReadPathStyle(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  if (!variables.Text(row.name)) return;
  bool path_style = false;
  variables.Flag(row.name, path_style);
  config.settings.s3.path_style = path_style;
}

}  // namespace reprocess
