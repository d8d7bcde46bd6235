// A page of a listing, written again from what was read, reads as the same page; an answer that is
// refused is refused with a reason.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "model/time_text.h"
#include "storage/s3_list.h"

using namespace reprocess;

namespace {

std::string EscapedAsUrl(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return escaped;
}

// Bytes over 0x7F stay as they are: the page is in UTF-8, valid or not.
std::string EscapedAsXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    escaped += byte < 0x80 ? fmt::format("&#{};", byte) : std::string(1, c);
  }
  return escaped;
}

std::string Written(const ListPage& page) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>"
      "<EncodingType>url</EncodingType>";
  for (const ListedObject& object : page.objects) {
    xml += fmt::format(
        "<Contents><Key>{}</Key><Size>{}</Size><LastModified>{}</LastModified>"
        "<ETag>&quot;{}&quot;</ETag><StorageClass>{}</StorageClass></Contents>",
        EscapedAsUrl(object.path), object.size, FormatRfc3339(object.last_modified),
        EscapedAsXml(object.version_tag), object.archived);
  }
  if (!page.next.empty()) {
    xml += fmt::format(
        "<IsTruncated>true</IsTruncated><NextContinuationToken>{}"
        "</NextContinuationToken>",
        EscapedAsXml(page.next));
  }
  return xml + "</ListBucketResult>";
}

bool Same(const ListedObject& a, const ListedObject& b) {
  return a.path == b.path && a.size == b.size && a.last_modified == b.last_modified &&
         a.version_tag == b.version_tag && a.archived == b.archived;
}

// An offset can lead out of the years that can be written.
bool IsWritable(const ListedObject& object) {
  return ParseRfc3339(FormatRfc3339(object.last_modified)).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<ListPage> page = ParseListPage({reinterpret_cast<const char*>(data), size});
  if (!page) {
    if (!page.error().what.starts_with("list: the answer is no list of objects: ")) std::abort();
    return 0;
  }
  if (!std::ranges::all_of(page->objects, IsWritable)) return 0;
  const Result<ListPage> again = ParseListPage(Written(*page));
  if (!again || again->next != page->next) std::abort();
  if (!std::ranges::equal(page->objects, again->objects, Same)) std::abort();
  return 0;
}
