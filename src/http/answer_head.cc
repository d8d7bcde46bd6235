#include "http/answer_head.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <strings.h>

namespace reprocess {
namespace {

using Headers = std::vector<HttpServer::Header>;

// As RFC 9110 calls them; a client reads the number alone.
std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

bool IsSafe(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool Has(const Headers& headers, const std::string& name) {
  return std::ranges::any_of(headers, [&](const HttpServer::Header& header) {
    return strcasecmp(header.first.c_str(), name.c_str()) == 0;
  });
}

// All but those that `unless` has too. False where one cannot be sent.
bool Add(std::string& head, const Headers& headers, const Headers& unless) {
  for (const auto& [name, value] : headers) {
    if (Has(unless, name)) continue;
    if (!IsSafe(name) || !IsSafe(value)) return false;
    head += fmt::format("{}: {}\r\n", name, value);
  }
  return true;
}

Headers OwnOf(const HttpServer::Answer& answer, Framing framing, bool close) {
  Headers own;
  const bool without_body = answer.status == 204 || answer.status == 304;
  if (!without_body) own.emplace_back("Content-Type", answer.type);
  if (framing == Framing::kChunked) own.emplace_back("Transfer-Encoding", "chunked");
  if (framing == Framing::kLength && !without_body) {
    own.emplace_back("Content-Length", std::to_string(answer.body.size() + answer.fixed.size()));
  }
  if (close) own.emplace_back("Connection", "close");
  own.emplace_back("Cache-Control", "no-store");
  return own;
}

}  // namespace

std::optional<std::string> HeadOf(const HttpServer::Answer& answer, const Headers& always,
                                  Framing framing, bool close) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", answer.status, ReasonOf(answer.status));
  Headers given = always;
  std::erase_if(given, [&](const auto& header) { return Has(answer.headers, header.first); });
  given.insert(given.end(), answer.headers.begin(), answer.headers.end());
  if (!Add(head, OwnOf(answer, framing, close), given) || !Add(head, given, {})) return {};
  return head + "\r\n";
}

}  // namespace reprocess
