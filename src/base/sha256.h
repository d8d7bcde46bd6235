// SHA-256 as FIPS 180-4 has it.
//
//   threads    any; one at a time an object
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace reprocess {

using Sha256Digest = std::array<unsigned char, 32>;

Sha256Digest Sha256(std::string_view text);

// Two digits a byte, in lower case.
std::string Hex(std::span<const unsigned char> bytes);
std::string Hex(std::string_view bytes);

// Of a text that comes in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  void Add(std::string_view piece);
  Sha256Digest Digest() &&;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace reprocess
