#include <filesystem>
#include <fstream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "base/certificate_for_tests.h"
#include "http/peer_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

class HttpTls : public testing::Test {
 protected:
  HttpTls() {
    const TestCertificate made = MakeCertificate("IP:127.0.0.1");
    Write("certificate.pem", made.certificate);
    Write("key.pem", made.key);
  }
  ~HttpTls() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  HttpServer::Options Options() const {
    return {.routes = {Page("/a", std::string(100'000, 'x'))},
            .tls_certificate = folder_ / "certificate.pem",
            .tls_key = folder_ / "key.pem"};
  }

  const std::filesystem::path folder_ = [] {
    std::string name = testing::TempDir() + "tls.XXXXXX";
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
};

// What a client reads, of that version of TLS at the most.
std::string AskOverTls(int port, int version) {
  Peer peer(port);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), version);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), peer.socket());
  if (SSL_connect(ssl.get()) != 1) return "no handshake";
  const std::string ask = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  SSL_write(ssl.get(), ask.data(), static_cast<int>(ask.size()));
  std::string all;
  char piece[4096];
  for (int size; (size = SSL_read(ssl.get(), piece, sizeof piece)) > 0;) {
    all.append(piece, static_cast<std::size_t>(size));
  }
  EXPECT_EQ(SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN)
      << "the end could be an attacker's";
  return all;
}

TEST_F(HttpTls, AnswersAndEndsAsTlsDoes) {
  const auto server = Start(Options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::string answer = AskOverTls(server->port(), version);
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(answer.ends_with(std::string(100'000, 'x')));
  }
}

TEST_F(HttpTls, RefusesOldVersionsAndWhoSpeaksNone) {
  const auto server = Start(Options());
  EXPECT_EQ(AskOverTls(server->port(), TLS1_1_VERSION), "no handshake");
  EXPECT_THAT(Peer(server->port()).Send(GetOf("/a")).ReadAll(), testing::Not(HasSubstr("HTTP")));
}

TEST_F(HttpTls, WhoDoesNotFinishTheHandshakeInTimeIsClosed) {
  auto options = Options();
  options.limits.to_ask = Milliseconds(50);
  const auto server = Start(std::move(options));
  EXPECT_EQ(Peer(server->port()).ReadAll(), "");
}

TEST_F(HttpTls, FilesThatCannotBeUsedAreNamed) {
  Write("key.pem", MakeCertificate("IP:127.0.0.1").key);
  const auto other = Serve("127.0.0.1", 0, Options());
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().ToString(), HasSubstr("key.pem"));
  Write("certificate.pem", "nothing");
  const auto none = Serve("127.0.0.1", 0, Options());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().ToString(), HasSubstr("certificate.pem"));
}

}  // namespace
}  // namespace reprocess
