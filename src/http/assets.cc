#include "http/assets.h"

#include <algorithm>
#include <ranges>

#include "base/sha256.h"
#include "base/trimmed.h"

namespace reprocess {
namespace {

bool AnyOfList(const std::string* list, const auto& wanted) {
  if (!list) return false;
  return std::ranges::any_of(std::views::split(*list, ','), [&](const auto part) {
    return wanted(Trimmed(std::string_view(part.begin(), part.end())));
  });
}

// "gzip", "gzip;q=0.5"; not "gzip;q=0".
bool TakesGzip(std::string_view coding) {
  const std::size_t end = std::min(coding.find(';'), coding.size());
  const std::string_view weight = Trimmed(coding.substr(std::min(end + 1, coding.size())));
  return Trimmed(coding.substr(0, end)) == "gzip" &&
         (!weight.starts_with("q=0") || weight.find_first_of("123456789") != weight.npos);
}

}  // namespace

std::string ETagOf(std::string_view bytes) {
  return '"' + Hex(Sha256(bytes)).substr(0, 32) + '"';
}

HttpServer::Answer AnswerWith(const Asset& asset, const HttpServer::Request& request) {
  const bool gzip = !asset.gzipped.empty() && AnyOfList(request.Find("accept-encoding"), TakesGzip);
  // Two representations, two tags: caches between keep both.
  const std::string etag =
      gzip ? asset.etag.substr(0, asset.etag.size() - 1) + "-gzip\"" : asset.etag;
  const bool has = AnyOfList(request.Find("if-none-match"), [&](std::string_view tag) {
    return tag == "*" || (tag.starts_with("W/") ? tag.substr(2) : tag) == etag;
  });
  HttpServer::Answer answer{.status = has ? 304 : 200, .type = std::string(asset.type)};
  answer.headers = {{"Cache-Control", "no-cache"}, {"ETag", etag}, {"Vary", "Accept-Encoding"}};
  if (has) return answer;
  answer.fixed = gzip ? asset.gzipped : asset.bytes;
  if (gzip) answer.headers.emplace_back("Content-Encoding", "gzip");
  return answer;
}

}  // namespace reprocess
