#include "storage/s3_look.h"

#include <charconv>
#include <ctime>
#include <optional>
#include <string>

#include "model/archive_class.h"
#include "model/etag.h"

namespace reprocess {
namespace {

// "Wed, 21 Oct 2015 07:28:00 GMT".
std::optional<WallTime> HttpDate(std::string_view text) {
  std::tm fields{};
  const std::string date(text);
  const char* const end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return WallTime(std::chrono::seconds(::timegm(&fields)));
}

// The class, where the object cannot be read before it is restored.
std::string ArchivedIn(const std::vector<HttpHeader>& headers) {
  const bool restored = HeaderOf(headers, "x-amz-restore").find("ongoing-request=\"false\"") !=
                        std::string_view::npos;
  const std::string_view tier = HeaderOf(headers, "x-amz-archive-status");
  if (!tier.empty()) return std::string(tier);
  const std::string_view storage = HeaderOf(headers, "x-amz-storage-class");
  if (restored || !IsArchiveClass(storage)) return {};
  return std::string(storage);
}

}  // namespace

Result<ListedObject> LookedAt(const FileItem& item, const std::vector<HttpHeader>& headers) {
  ListedObject object;
  object.path = item.path;
  const std::string_view size = HeaderOf(headers, "content-length");
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
  const auto modified = HttpDate(HeaderOf(headers, "last-modified"));
  if (error != std::errc() || end != size.data() + size.size() || size.empty() || !modified) {
    return FileError("look at the object: the answer has no size or no time", item.path);
  }
  object.last_modified = *modified;
  object.version_tag = VersionTag(HeaderOf(headers, "etag"), *item.version_id);
  object.archived = ArchivedIn(headers);
  return object;
}

Result<ListedObject> LookAtS3(S3Client& client, const FileItem& item, const std::stop_token& stop) {
  S3Request request{.method = "HEAD"};
  TRY(request.url, ParseS3Url(item.path));
  if (!item.version_id.empty()) request.query.emplace_back("versionId", *item.version_id);
  TRY(const HttpResponse answer, client.Send(request, "look at the object", item.path, stop));
  return LookedAt(item, answer.headers);
}

}  // namespace reprocess
