// A client that sends what it likes.
#pragma once

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"

namespace reprocess {

inline std::string GetOf(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

class Peer {
 public:
  explicit Peer(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return connected_; }
  int socket() const { return socket_; }

  Peer& Send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;  // it has been closed
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  // Until that has come, or the end.
  std::string Read(std::string_view last) {
    std::string all;
    while (!all.ends_with(last) && ReadMore(all)) {
    }
    return all;
  }
  std::string ReadAll() {
    std::string all;
    while (ReadMore(all)) {
    }
    return all;
  }
  // It sends nothing more, and still listens.
  void EndSending() { ::shutdown(socket_, SHUT_WR); }

 private:
  bool ReadMore(std::string& all) {
    char piece[4096];
    const auto size = ::recv(socket_, piece, sizeof piece, 0);
    if (size > 0) all.append(piece, static_cast<std::size_t>(size));
    EXPECT_FALSE(size < 0 && errno == EAGAIN) << "nothing came for a minute";
    return size > 0;
  }

  const int socket_;
  bool connected_ = false;
};

inline HttpServer::Route Page(std::string path, std::string body) {
  return {"GET", std::move(path), HttpServer::Takes::kNoTime,
          [body](const HttpServer::Request&) -> HttpServer::Answer { return {.body = body}; }};
}

inline std::unique_ptr<HttpServer> Start(HttpServer::Options options) {
  auto server = Serve("127.0.0.1", 0, std::move(options));
  EXPECT_TRUE(server) << server.error().ToString();
  return *std::move(server);
}

inline std::unique_ptr<HttpServer> Start(std::vector<HttpServer::Route> routes,
                                         HttpServer::Limits limits = {}) {
  return Start(HttpServer::Options{.routes = std::move(routes), .limits = limits});
}

}  // namespace reprocess
