#include "storage/s3_list.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/percent_decoded.h"
#include "model/archive_class.h"
#include "model/etag.h"
#include "model/time_text.h"
#include "storage/s3_ranges.h"

namespace reprocess {
namespace {

constexpr int kStreams = 16;

std::unexpected<Error> BadPage(std::string_view why) {
  return std::unexpected(
      Error{.remedy = Remedy::kRetry,
            .what = fmt::format("list: the answer is no list of objects: {}", why)});
}

// The class, where the object cannot be read before it is restored.
std::string ArchivedIn(const pugi::xml_node& contents) {
  const std::string_view storage = contents.child_value("StorageClass");
  if (!IsArchiveClass(storage)) return {};
  const pugi::xml_node restore = contents.child("RestoreStatus");
  const bool restored = *restore.child_value("RestoreExpiryDate") != '\0' &&
                        std::string_view(restore.child_value("IsRestoreInProgress")) != "true";
  return restored ? std::string() : std::string(storage);
}

}  // namespace

Result<ListPage> ParseListPage(std::string_view xml) {
  pugi::xml_document document;
  // A key may be a single space.
  const auto parsed = document.load_buffer(xml.data(), xml.size(),
                                           pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed) return BadPage(parsed.description());
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) return BadPage("there is no ListBucketResult");
  const bool encoded = std::string_view(result.child_value("EncodingType")) == "url";
  ListPage page;
  for (const pugi::xml_node& contents : result.children("Contents")) {
    ListedObject object;
    const std::string_view key = contents.child_value("Key");
    object.path = encoded ? PercentDecoded(key, Plus::kSpace) : std::string(key);
    const std::string_view size = contents.child_value("Size");
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
    const auto modified = ParseRfc3339(contents.child_value("LastModified"));
    const bool sized = error == std::errc() && end == size.data() + size.size();
    if (object.path.empty() || !sized || !modified) {
      return BadPage("an entry without key, size or time");
    }
    object.last_modified = *modified;
    object.version_tag = VersionTag(contents.child_value("ETag"), {});
    object.archived = ArchivedIn(contents);
    page.objects.push_back(std::move(object));
  }
  if (std::string_view(result.child_value("IsTruncated")) == "true") {
    page.next = result.child_value("NextContinuationToken");
    if (page.next.empty()) return BadPage("it goes on, but does not say where");
  }
  return page;
}

Result<void> ListS3(S3Client& client, std::string_view path, const TakeListed& take) {
  TRY(const S3Url url, ParseS3Url(path));
  const FetchPage fetch = [&](const std::string& token,
                              const std::string& start_after) -> Result<ListPage> {
    S3Request request{.url = {url.bucket, {}},
                      .query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", url.key}},
                      .headers = {{"x-amz-optional-object-attributes", "RestoreStatus"}}};
    if (!token.empty()) request.query.emplace_back("continuation-token", token);
    if (!start_after.empty()) request.query.emplace_back("start-after", start_after);
    TRY(const HttpResponse answer, client.Send(request, "list", path, {}));
    return ParseListPage(answer.body);
  };
  const std::string bucket = fmt::format("{}{}/", kS3Scheme, url.bucket);
  bool any = false;
  const TakeListed take_key = [&](ListedObject&& object) {
    any = true;
    object.path.insert(0, bucket);
    take(std::move(object));
  };
  TRY(ListPage first, fetch({}, {}));
  const auto named = std::ranges::find(first.objects, url.key, &ListedObject::path);
  if (named != first.objects.end() && !url.key.ends_with('/')) {
    take_key(std::move(*named));
    return {};
  }
  if (!first.next.empty()) {
    TRY_OK(ListBehind(first, fetch, kStreams, client.clock().Wall(), take_key));
  }
  for (ListedObject& object : first.objects) take_key(std::move(object));
  if (!any) return FileError("list: no key begins so", std::string(path), {}, Code::kNotFound);
  return {};
}

}  // namespace reprocess
