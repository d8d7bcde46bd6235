// The tokens that callers show, as the admin service has them: raw, or `salt.hash` with the SHA-512 of
// token, salt and secret.
//
//   hash       hexadecimal (an empty secret is the admin's own), or base64 without padding. Each of
//              several secrets, a comma between them, is tried
//   names      an entry may be `name=token` or `name=salt.hash`: then the caller is that name, else
//              the first 8 hexadecimal digits of the token's SHA-256
//   time       what is compared takes as long whatever differs
//   threads    any
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"

namespace reprocess {

struct TokenHolder {
  std::string who;
  bool operates = false;  // else it may only look
};

class Tokens {
 public:
  // Each a list with commas; those of `view` may be raw or hashed.
  Tokens(std::string_view raw, std::string_view hashed, std::string_view view,
         std::string_view secrets);

  bool empty() const { return entries_.empty(); }
  std::optional<TokenHolder> Find(std::string_view token) const;

 private:
  struct Entry {
    std::string name;
    bool operates = false;
    std::string salt;    // of a hashed one
    std::string hash;    // … in hexadecimal or base64
    Sha256Digest raw{};  // else the SHA-256 of the token
  };
  void AddRaw(std::string_view text, bool operates);
  void AddHashed(std::string_view text, bool operates);
  bool Matches(const Entry& entry, std::string_view token, const Sha256Digest& digest) const;

  std::vector<Entry> entries_;
  std::vector<std::string> secrets_;
};

// Which entry of a list of hashed tokens is none, from 1; 0: each is one.
int FirstWithoutHash(std::string_view hashed);

// Equal, in a time that says nothing of where they differ.
bool SameBytes(std::string_view a, std::string_view b);

// Random and unguessable: 32 bytes in hexadecimal.
std::string NewSecret();

}  // namespace reprocess
