#include "net/http.h"

namespace reprocess {

// A password may hold any character, '/', '?' and '@' unescaped too: everything up to the last '@'
// goes, at the price of showing no host where only the query has one.
std::string UrlForMessages(std::string_view url) {
  const auto colon = url.find("://");
  const auto begin = colon == std::string_view::npos ? 0 : colon + 3;
  const auto at = url.rfind('@');
  std::string_view rest = url.substr(at == std::string_view::npos || at < begin ? begin : at + 1);
  const bool cut = rest.find_first_of("?#") != std::string_view::npos;
  rest = rest.substr(0, rest.find_first_of("?#"));
  std::string shown(url.substr(0, begin));
  shown += rest;
  if (cut) shown += "?…";
  return shown;
}

}  // namespace reprocess
