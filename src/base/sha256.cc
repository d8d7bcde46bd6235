#include "base/sha256.h"

#include <openssl/evp.h>

namespace reprocess {

Sha256Digest Sha256(std::string_view text) {
  Sha256Hasher hasher;
  hasher.Add(text);
  return std::move(hasher).Digest();
}

std::string Hex(std::span<const unsigned char> bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) text += {kHex[byte >> 4], kHex[byte & 15]};
  return text;
}

std::string Hex(std::string_view bytes) {
  return Hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void Sha256Hasher::Add(std::string_view piece) {
  EVP_DigestUpdate(context_.get(), piece.data(), piece.size());
}

Sha256Digest Sha256Hasher::Digest() && {
  Sha256Digest digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  return digest;
}

void Sha256Hasher::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

}  // namespace reprocess
