// An HTTP server of one page, for unit tests of clients.
#pragma once

#include <charconv>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace reprocess {

// One connection's bytes.
class Channel {
 public:
  explicit Channel(int peer) : peer_(peer) {}
  virtual ~Channel() = default;
  virtual ssize_t Read(char* data, std::size_t size) { return ::recv(peer_, data, size, 0); }
  virtual void Write(const std::string& text) {
    (void)::send(peer_, text.data(), text.size(), MSG_NOSIGNAL);
  }

 private:
  int peer_;
};

// What a server sends. An empty text and a held one leave the connection open and silent until the
// peer closes it.
struct Reply {
  Reply(std::string sent) : text(std::move(sent)), hold(text.empty()) {}  // NOLINT
  Reply(const char* sent) : Reply(std::string(sent)) {}                   // NOLINT
  static Reply Held(std::string sent) {
    Reply reply(std::move(sent));
    reply.hold = true;
    return reply;
  }

  std::string text;
  bool hold;
};

// Answers one request a connection with what `answer` makes of it: its head and, where that names a
// length, its body.
class Server {
 public:
  using Answer = std::function<Reply(const std::string& request)>;
  // Null where the two do not come together (TLS).
  using Opener = std::function<std::unique_ptr<Channel>(int peer)>;

  explicit Server(Answer answer, Opener open = std::make_unique<Channel, int>)
      : answer_(std::move(answer)), open_(std::move(open)) {
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
      if (const auto channel = open_(peer)) Serve(*channel);
    }
  }

  void Serve(Channel& channel) {
    std::string request;
    char piece[1024];
    while (!IsWhole(request)) {
      const auto size = channel.Read(piece, sizeof piece);
      if (size <= 0) break;
      request.append(piece, static_cast<std::size_t>(size));
    }
    const Reply reply = answer_(request);
    channel.Write(reply.text);
    if (reply.hold) (void)channel.Read(piece, sizeof piece);
  }

  static bool IsWhole(const std::string& request) {
    const auto head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto at = request.find(kLength);
    std::size_t length = 0;
    if (at < head) {
      std::from_chars(request.data() + at + kLength.size(), request.data() + head, length);
    }
    return request.size() >= head + 4 + length;
  }

  Answer answer_;
  Opener open_;
  int listener_ = -1, port_ = 0;
  std::thread thread_;
};

inline std::string Answered(const std::string& status, const std::string& body,
                            const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string Ok(const std::string& body) {
  return Answered("200 OK", body);
}

}  // namespace reprocess
