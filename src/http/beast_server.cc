#include "http/beast_server.h"

#include <algorithm>

#include <poll.h>
#include <sys/resource.h>

namespace reprocess {
namespace {

constexpr Milliseconds kBetweenAccepts{100};  // when there is no descriptor for another one
constexpr Milliseconds kBetweenLooks{250};    // for clients that leave before they have an answer

// Each client has one; what a process begins with is often less than the bound on clients.
void AllowManyDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<void> BeastServer::Open(const std::string& address, int port) {
  TRY_OK(LoadTls());
  AllowManyDescriptors();
  Failure failed;
  const auto found =
      tcp::resolver(loop_).resolve(address, std::to_string(port), tcp::resolver::passive, failed);
  if (failed || found.empty()) return Unusable(failed);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  // Not SO_REUSEPORT, which would share the port with another process silently.
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return Unusable(failed);
  port_ = acceptor_.local_endpoint().port();
  Accept();
  thread_ = std::thread([this] { loop_.run(); });
  return {};
}

Result<void> BeastServer::LoadTls() {
  if (options_.tls_certificate.empty()) return {};
  using Tls = asio::ssl::context;
  tls_.emplace(Tls::tls_server);
  tls_->set_options(Tls::default_workarounds | Tls::no_sslv2 | Tls::no_sslv3 | Tls::no_tlsv1 |
                    Tls::no_tlsv1_1);
  const auto refused = [](const std::string& file, const Failure& failed) {
    return Fatal("read the TLS files: " + failed.message(), file,
                 "expected PEM: the certificate with its chain, and its key without a passphrase");
  };
  Failure failed;
  tls_->use_certificate_chain_file(options_.tls_certificate, failed);
  if (failed) return refused(options_.tls_certificate, failed);
  tls_->use_private_key_file(options_.tls_key, Tls::pem, failed);
  if (failed) return refused(options_.tls_key, failed);
  return {};
}

void BeastServer::Accept() {
  acceptor_.async_accept([this](const Failure& failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted || draining_) return;
    if (failed) return AcceptLater();
    if (connections_.size() >= options_.limits.connections) MakeRoom();
    std::make_shared<HttpConnection>(*this, std::move(socket))->Start();
    Accept();
  });
}

// Without a descriptor for another one, as at the bound; which the system says also where nobody is
// there to be accepted.
void BeastServer::AcceptLater() {
  again_.expires_after(kBetweenAccepts);
  again_.async_wait([this](const Failure& ended) {
    if (ended) return;
    acceptor_.async_wait(tcp::acceptor::wait_read, [this](const Failure& gone) {
      if (gone) return;
      MakeRoom();
      Accept();
    });
  });
}

void BeastServer::MakeRoom() {
  const auto idle = std::ranges::find(connections_, false, &HttpConnection::asked);
  const auto out = idle != connections_.end() ? idle : connections_.begin();
  if (out == connections_.end()) return;
  (*out)->Close();
  connections_.splice(connections_.end(), connections_, out);
}

// Who has waited longest with half a body makes room.
bool BeastServer::HasRoomForBody(std::size_t bytes, const HttpConnection& asker) {
  for (auto other = connections_.begin(); other != connections_.end(); ++other) {
    if (bodies_bytes_ + bytes <= options_.limits.bodies_bytes) return true;
    if (*other != &asker && !(*other)->asked() && (*other)->body_bytes() > 0) (*other)->Close();
  }
  return bodies_bytes_ + bytes <= options_.limits.bodies_bytes;
}

void BeastServer::LookLater() {
  if (std::exchange(looking_, true)) return;
  look_.expires_after(kBetweenLooks);
  look_.async_wait([this](const Failure& ended) {
    if (!ended) Look();
  });
}

// Whose client has closed its side, without reading on. A client may have sent more before that,
// and with TLS it has, so that it is no use to wait for something to read.
void BeastServer::Look() {
  looking_ = false;
  std::vector<std::shared_ptr<HttpConnection>> busy = Everybody();
  std::erase_if(busy, [](const auto& connection) { return !connection->busy(); });
  if (busy.empty()) return;
  std::vector<pollfd> sockets;
  for (const auto& connection : busy) sockets.push_back({connection->descriptor(), POLLRDHUP, 0});
  if (::poll(sockets.data(), sockets.size(), 0) > 0) {
    for (std::size_t i = 0; i < busy.size(); ++i) {
      if (sockets[i].revents != 0) busy[i]->OnLeft();
    }
  }
  LookLater();
}

void BeastServer::BeginDrain() {
  draining_ = true;
  Failure ignored;
  acceptor_.close(ignored);
  again_.cancel();
  const auto everybody = Everybody();
  if (everybody.empty()) drained_.release();
  for (const auto& connection : everybody) connection->Farewell();
}

std::vector<std::shared_ptr<HttpConnection>> BeastServer::Everybody() {
  std::vector<std::shared_ptr<HttpConnection>> all;
  for (const auto* list : {&connections_, &streams_}) {
    for (HttpConnection* connection : *list) all.push_back(connection->shared_from_this());
  }
  return all;
}

const std::string* HttpServer::Request::Find(std::string_view name) const {
  const auto found =
      std::ranges::find(headers, name, [](const Header& h) -> std::string_view { return h.first; });
  return found != headers.end() ? &found->second : nullptr;
}

Result<std::unique_ptr<HttpServer>> Serve(const std::string& address, int port,
                                          HttpServer::Options options) {
  auto server = std::make_unique<BeastServer>(std::move(options));
  TRY_OK(server->Open(address, port));
  return server;
}

}  // namespace reprocess
