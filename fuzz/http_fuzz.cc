// What a stranger sends: a target and a query taken apart and put together again are the same, no
// path climbs, no header ends a head early; and a server that is sent the bytes as they are answers
// with HTTP or not at all, and serves the next one.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/answer_head.h"
#include "http/assets.h"
#include "http/cookies.h"
#include "http/query.h"
#include "http/server.h"
#include "http/target.h"

using namespace reprocess;

namespace {

std::string Encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return encoded;
}

void CheckTarget(std::string_view text) {
  const auto target = ParseTarget(text);
  if (!target) return;
  std::string again = "/";
  for (const std::string& segment : target->segments) {
    if (segment.empty() || ('/' + segment + '/').find("/../") != std::string::npos) std::abort();
    again += Encoded(segment) + '/';
  }
  if (ParseTarget(again)->segments != target->segments) std::abort();
}

void CheckQuery(std::string_view text) {
  const Query query(text);
  std::string again;
  for (const auto& [name, value] : query.pairs()) {
    if (query.All(name).front() != *query.Find(name)) std::abort();
    again += Encoded(name) + '=' + Encoded(value) + '&';
  }
  if (Query(again).pairs() != query.pairs()) std::abort();
}

void CheckHeaders(std::string_view text) {
  HttpServer::Request request;
  request.headers = {{"cookie", std::string(text)},
                     {"accept-encoding", std::string(text)},
                     {"if-none-match", std::string(text)}};
  const auto cookie = CookieOf(request, "a");
  if (cookie && text.find(*cookie) == text.npos) std::abort();
  static const Asset kAsset{"text/css", "bytes", "zipped", ETagOf("bytes")};
  const auto asset = AnswerWith(kAsset, request);
  if ((asset.status == 304) != asset.fixed.empty()) std::abort();
  const HttpServer::Answer answer{.headers = {{"Location", std::string(text)}}};
  const auto head = HeadOf(answer, {}, Framing::kLength, false);
  if (head && head->find("\r\n\r\n") != head->size() - 4) std::abort();
}

// All that the server answers to `bytes` and their end.
std::string Answered(int port, std::string_view bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  // libFuzzer's own clock interrupts it, and then it goes on by itself.
  while (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EISCONN) break;
    if (errno == EINTR || errno == EALREADY) continue;
    std::perror("connect");
    std::abort();
  }
  (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(socket, SHUT_WR);
  std::string all;
  char piece[4096];
  for (;;) {
    const ssize_t size = ::recv(socket, piece, sizeof piece, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    all.append(piece, static_cast<std::size_t>(size));
  }
  ::close(socket);
  return all;
}

void CheckServer(std::string_view bytes) {
  static const auto kServer =
      Serve("127.0.0.1", 0,
            {.routes = {{"GET", "/{a}", HttpServer::Takes::kNoTime,
                         [](const HttpServer::Request& request) -> HttpServer::Answer {
                           return {.body = request.parts[0]};
                         }},
                        {"POST", "/{*}", HttpServer::Takes::kLong,
                         [](const HttpServer::Request& request) -> HttpServer::Answer {
                           return {.body = request.body};
                         }}}});
  if (!kServer) std::abort();
  const std::string answer = Answered((*kServer)->port(), bytes);
  if (!answer.empty() && !answer.starts_with("HTTP/1.1 ")) std::abort();
  const std::string next = Answered((*kServer)->port(), "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  if (!next.starts_with("HTTP/1.1 200 ") || !next.ends_with("next")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckTarget(text);
  CheckQuery(text);
  CheckHeaders(text);
  CheckServer(text);
  return 0;
}
