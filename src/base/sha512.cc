#include "base/sha512.h"

#include <openssl/sha.h>

namespace reprocess {

Sha512Digest Sha512(std::string_view text) {
  Sha512Digest digest;
  SHA512(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace reprocess
