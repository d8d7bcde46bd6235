#include "net/curl_support.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/trimmed.h"

namespace reprocess {
namespace {

constexpr int kTooLarge = 100;  // CURLE_TOO_LARGE, since 8.6.0

}  // namespace

Multi MakeMulti() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  return Multi(initialised == CURLE_OK ? curl_multi_init() : nullptr);
}

HeaderList HeaderListOf(const std::vector<HttpHeader>& headers) {
  // "Name:" would tell libcurl to leave the header out, "Name;" sends it empty.
  HeaderList list;
  for (const auto& [name, value] : headers) {
    const std::string line = value.empty() ? name + ";" : fmt::format("{}: {}", name, value);
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return nullptr;
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

void TakeHeaderLine(std::string_view line, std::vector<HttpHeader>& headers) {
  if (line.starts_with("HTTP/")) {
    headers.clear();
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  HttpHeader header{std::string(line.substr(0, colon)),
                    std::string(Trimmed(line.substr(colon + 1)))};
  std::ranges::transform(header.name, header.name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  headers.push_back(std::move(header));
}

Remedy RemedyOf(CURLcode code) {
  if (code == kTooLarge) return Remedy::kStop;
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_OUT_OF_MEMORY:
      return Remedy::kStop;
    default:
      return Remedy::kRetry;
  }
}

std::string ReasonOf(CURLcode code, std::string_view detail) {
  // Before 8.6.0 libcurl has one name for both; memory of our own that is not to be had never comes here.
  if (code == CURLE_OUT_OF_MEMORY || code == kTooLarge) {
    return "a header of the answer is longer than 100 kB, or no memory is left for it";
  }
  const bool show_detail = !detail.empty() && code != CURLE_URL_MALFORMAT;
  return std::string(show_detail ? detail : std::string_view(curl_easy_strerror(code)));
}

}  // namespace reprocess
