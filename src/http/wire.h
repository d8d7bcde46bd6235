// A client's socket, with TLS on it or without: what a connection reads from and writes to.
//
//   deadlines  expires_after of stream() bounds all that is under way, also below TLS
#pragma once

#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>

namespace reprocess {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using Failure = boost::system::error_code;

// Asio's AsyncReadStream and AsyncWriteStream, with handlers that are functions.
class Wire {
 public:
  using Tcp = beast::tcp_stream;
  using executor_type = Tcp::executor_type;

  // Borrows `tls`, which may be null.
  Wire(tcp::socket socket, asio::ssl::context* tls) : tcp_(std::move(socket)) {
    if (tls) tls_.emplace(tcp_, *tls);
  }

  Tcp& stream() { return tcp_; }
  bool has_tls() const { return tls_.has_value(); }
  executor_type get_executor() { return tcp_.get_executor(); }

  void Greet(auto handler) {
    tls_->async_handshake(asio::ssl::stream_base::server, std::move(handler));
  }
  void Part(auto handler) { tls_->async_shutdown(std::move(handler)); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    tcp_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    tcp_.async_write_some(buffers, std::forward<Handler>(handler));
  }

 private:
  Tcp tcp_;
  std::optional<asio::ssl::stream<Tcp&>> tls_;
};

}  // namespace reprocess
