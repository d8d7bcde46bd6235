// TLS for the server of server_for_tests.h.
#pragma once

#include <csignal>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/certificate_for_tests.h"
#include "net/server_for_tests.h"

namespace reprocess {

class TlsChannel final : public Channel {
 public:
  TlsChannel(int peer, SSL* ssl) : Channel(peer), ssl_(ssl) {}
  ~TlsChannel() override {
    SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
  ssize_t Read(char* data, std::size_t size) override {
    return SSL_read(ssl_, data, static_cast<int>(size));
  }
  void Write(const std::string& text) override {
    (void)SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
  }

 private:
  SSL* ssl_;
};

// Opens each connection with `own`; clients must show `client`, where there is one.
inline Server::Opener Tls(const TestCertificate& own, const std::string& client = {}) {
  ::signal(SIGPIPE, SIG_IGN);  // SSL_write has no MSG_NOSIGNAL
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  const auto read = [](const std::string& pem) {
    return std::unique_ptr<BIO, decltype(&BIO_free_all)>(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  };
  const auto certificate_of = [&](const std::string& pem) {
    return std::unique_ptr<X509, decltype(&X509_free)>(
        PEM_read_bio_X509(read(pem).get(), nullptr, nullptr, nullptr), &X509_free);
  };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(read(own.key).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate_of(own.certificate).get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  if (!client.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), certificate_of(client).get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return [context](int peer) -> std::unique_ptr<Channel> {
    SSL* const ssl = SSL_new(context.get());
    SSL_set_fd(ssl, peer);
    if (SSL_accept(ssl) == 1) return std::make_unique<TlsChannel>(peer, ssl);
    SSL_free(ssl);
    return nullptr;
  };
}

}  // namespace reprocess
