#include "storage/s3_list.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/hex_digit.h"
#include "model/time_text.h"
#include "storage/s3_ranges.h"

namespace reprocess {
namespace {

constexpr int kStreams = 8;

std::unexpected<Error> BadPage(std::string_view why) {
  return std::unexpected(
      Error{.remedy = Remedy::kRetry,
            .what = fmt::format("list: the answer is no list of objects: {}", why)});
}

// encoding-type=url: as in a form, '+' is a space.
std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && HexDigit(text[at + 1]) >= 0 &&
                        HexDigit(text[at + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(HexDigit(text[at + 1]) * 16 + HexDigit(text[at + 2]));
      at += 2;
    } else {
      decoded += text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

// The class, where the object cannot be read before it is restored.
std::string ArchivedIn(const pugi::xml_node& contents) {
  const std::string_view storage = contents.child_value("StorageClass");
  if (storage != "GLACIER" && storage != "DEEP_ARCHIVE") return {};
  const pugi::xml_node restore = contents.child("RestoreStatus");
  const bool restored = *restore.child_value("RestoreExpiryDate") != '\0' &&
                        std::string_view(restore.child_value("IsRestoreInProgress")) != "true";
  return restored ? std::string() : std::string(storage);
}

std::string WithoutQuotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
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
    object.path = encoded ? Decoded(key) : std::string(key);
    const std::string_view size = contents.child_value("Size");
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
    const auto modified = ParseRfc3339(contents.child_value("LastModified"));
    const bool sized = error == std::errc() && end == size.data() + size.size();
    if (object.path.empty() || !sized || !modified) {
      return BadPage("an entry without key, size or time");
    }
    object.last_modified = *modified;
    object.version_tag = WithoutQuotes(contents.child_value("ETag"));
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
