#include "aws/service_error.h"

#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace reprocess {
namespace {

constexpr std::size_t kMaxMessage = 300;

// A message is shown on one line.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kMaxMessage));
  std::ranges::replace_if(shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  while (shown.ends_with(' ')) shown.pop_back();
  return shown;
}

}  // namespace

ServiceError ParseServiceError(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  pugi::xml_node error = document.child("Error");
  if (!error) error = document.child("ErrorResponse").child("Error");
  return {Shown(error.child_value("Code")), Shown(error.child_value("Message")),
          Shown(error.child_value("Region"))};
}

std::string StatusText(int status, const ServiceError& error) {
  std::string text = fmt::format("HTTP {}", status);
  if (!error.code.empty()) text += " " + error.code;
  if (!error.message.empty()) text += ": " + error.message;
  return text;
}

bool MayPassLater(int status, std::string_view code) {
  return status >= 500 || status == 408 || status == 429 || code == "SlowDown" ||
         code == "RequestTimeout";
}

}  // namespace reprocess
