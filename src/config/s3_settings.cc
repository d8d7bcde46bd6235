#include <fmt/format.h>

#include "config/load.h"
#include "config/value_text.h"
#include "net/http.h"

namespace reprocess {
namespace {

std::string Endpoint(const Variables& variables) {
  for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    const auto url = variables.Text(name);
    if (!url) continue;
    const std::string lower = LowerCase(*url);
    const bool known = lower.starts_with("http://") || lower.starts_with("https://");
    if (!known || HasControlCharacter(*url) || url->find_first_of("@?#") != std::string::npos) {
      variables.problems().Add(name, {}, Quoted(UrlForMessages(*url)),
                               "expected an http:// or https:// URL without user and query");
      return {};
    }
    return *url;
  }
  return {};
}

// Part of a host's name.
std::string Region(const Variables& variables) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    const auto region = variables.Text(name);
    if (!region) continue;
    for (const char c : *region) {
      const bool known = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';
      if (known) continue;
      variables.problems().Add(name, {}, Quoted(*region), "expected a region, as eu-central-1");
      return {};
    }
    return *region;
  }
  return {};
}

}  // namespace

S3Settings ReadS3Settings(const Variables& variables) {
  constexpr std::uint64_t kMib = 1 << 20;
  const Milliseconds ms(1);
  S3Settings s;
  s.endpoint = Endpoint(variables);
  s.region = Region(variables);
  s.ca_bundle = variables.Text("AWS_CA_BUNDLE").value_or("");
  if (variables.Text("S3_FORCE_PATH_STYLE")) {
    bool path_style = false;
    variables.Flag("S3_FORCE_PATH_STYLE", path_style);
    s.path_style = path_style;
  }
  variables.Flag("AWS_USE_FIPS_ENDPOINT", s.fips);
  variables.Flag("AWS_USE_DUALSTACK_ENDPOINT", s.dual_stack);
  variables.Flag("S3_ANONYMOUS", s.anonymous);
  variables.Flag("REPROCESS_S3_REQUESTER_PAYS", s.requester_pays);
  variables.Bytes("REPROCESS_S3_PART_BYTES", s.part_bytes, 64 << 10, 64 * kMib);
  if (const auto parts = variables.Whole("REPROCESS_S3_PARTS", 1, 64)) s.parts = *parts;
  variables.Duration("REPROCESS_S3_STALL_MS", s.stall_limit, 100 * ms, std::chrono::hours(1));
  variables.Bytes("REPROCESS_S3_MIN_RATE", s.min_rate, 0, 1024 * kMib);
  if (const auto tries = variables.Whole("REPROCESS_S3_PART_TRIES", 1, 1000)) {
    s.part_tries = *tries;
  }
  variables.Duration("REPROCESS_S3_RETRY_WAIT_MS", s.retry_wait, 0 * ms, std::chrono::minutes(1));
  return s;
}

}  // namespace reprocess
