// An HTTP server of one page, for unit tests of clients.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace reprocess {

// Answers one request a connection with what `answer` makes of the request's head; an empty answer
// holds the connection open and silent until the peer closes it.
class Server {
 public:
  using Answer = std::function<std::string(const std::string& head)>;

  explicit Server(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int port() const { return port_; }

 private:
  void Serve() {
    for (int peer = 0; (peer = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(peer)) {
      std::string head;
      char piece[1024];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const auto size = ::recv(peer, piece, sizeof piece, 0);
        if (size <= 0) break;
        head.append(piece, static_cast<std::size_t>(size));
      }
      const std::string text = answer_(head);
      (void)::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      if (text.empty()) (void)::recv(peer, piece, sizeof piece, 0);
    }
  }

  Answer answer_;
  int listener_ = -1, port_ = 0;
  std::thread thread_;
};

inline std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace reprocess
