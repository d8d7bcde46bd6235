// TLS for the server of server_for_tests.h, and certificates that sign themselves.
#pragma once

#include <csignal>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/server_for_tests.h"

namespace reprocess {

struct TestCertificate {
  std::string certificate, key;  // PEM
};

inline std::string PemOf(const std::function<void(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// `names` as OpenSSL writes them: "DNS:kubernetes,IP:127.0.0.1".
inline TestCertificate MakeCertificate(const std::string& names) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  X509* const x509 = made.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(x509));
  X509_set_pubkey(x509, key.get());
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  EXPECT_NE(extension, nullptr);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  EXPECT_GT(X509_sign(x509, key.get(), EVP_sha256()), 0);
  return {PemOf([&](BIO* bio) { PEM_write_bio_X509(bio, x509); }), PemOf([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

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
