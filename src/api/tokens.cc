#include "api/tokens.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>

#include "base/characters.h"
#include "base/hex_digit.h"
#include "base/sha512.h"
#include "base/trimmed.h"

namespace reprocess {
namespace {

// What the admin service puts in place of an empty secret, where the hash is hexadecimal.
constexpr std::string_view kAdminsSecret = "dea42a58-acf4-45af-85bb-e77e94bd5025";
// A shorter text behind a "=" is the padding of a token in base64.
constexpr std::size_t kLeastToken = 8;
constexpr std::size_t kHexHash = 128, kBase64Hash = 86;  // of 64 bytes

template <class Take>
void ForEachItem(std::string_view list, Take&& take) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (const auto item = Trimmed(list.substr(0, comma)); !item.empty()) take(item);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool IsName(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.' || c == '@';
  });
}

struct Named {
  std::string_view name, rest;
};

Named NamedOf(std::string_view text) {
  const auto at = text.find('=');
  if (at == std::string_view::npos || text.size() - at - 1 < kLeastToken) return {{}, text};
  if (!IsName(text.substr(0, at)) || text[at + 1] == '=') return {{}, text};
  return {text.substr(0, at), text.substr(at + 1)};
}

bool LooksHashed(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  const auto hash = text.substr(dot + 1);
  return (hash.size() == kHexHash && IsHex(hash)) || hash.size() == kBase64Hash;
}

std::string_view View(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string Base64WithoutPadding(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 63];
  return text;
}

std::string LowerHex(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c | 0x20);
  }
  return text;
}

}  // namespace

Tokens::Tokens(std::string_view raw, std::string_view hashed, std::string_view view,
               std::string_view secrets) {
  ForEachItem(secrets, [&](std::string_view secret) { secrets_.emplace_back(secret); });
  if (secrets_.empty()) secrets_.emplace_back();
  ForEachItem(raw, [&](std::string_view item) { AddRaw(item, true); });
  ForEachItem(hashed, [&](std::string_view item) { AddHashed(item, true); });
  ForEachItem(view, [&](std::string_view item) {
    LooksHashed(NamedOf(item).rest) ? AddHashed(item, false) : AddRaw(item, false);
  });
}

// The whole of `name=token` is a token too, as the admin service has it.
void Tokens::AddRaw(std::string_view text, bool operates) {
  const Named named = NamedOf(text);
  entries_.push_back({std::string(named.name), operates, {}, {}, Sha256(text)});
  if (named.name.empty()) return;
  entries_.push_back({std::string(named.name), operates, {}, {}, Sha256(named.rest)});
}

void Tokens::AddHashed(std::string_view text, bool operates) {
  const Named named = NamedOf(text);
  const auto dot = named.rest.find('.');
  if (dot == std::string_view::npos) return;
  std::string hash(named.rest.substr(dot + 1));
  if (hash.empty()) return;
  if (IsHex(hash)) hash = LowerHex(std::move(hash));
  entries_.push_back(
      {std::string(named.name), operates, std::string(named.rest.substr(0, dot)), hash, {}});
}

bool Tokens::Matches(const Entry& entry, std::string_view token, const Sha256Digest& digest) const {
  if (entry.hash.empty()) return SameBytes(View(entry.raw), View(digest));
  const bool hex = IsHex(entry.hash);
  bool matches = false;
  for (const std::string& secret : secrets_) {
    const std::string_view salted = secret.empty() && hex ? kAdminsSecret : secret;
    const auto hash = Sha512(std::string(token) + entry.salt + std::string(salted));
    matches |= SameBytes(entry.hash, hex ? Hex(hash) : Base64WithoutPadding(hash));
  }
  return matches;
}

std::optional<TokenHolder> Tokens::Find(std::string_view token) const {
  if (token.empty()) return std::nullopt;
  const Sha256Digest digest = Sha256(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (Matches(entry, token, digest) && found == nullptr) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  constexpr std::size_t kShown = 8;
  return TokenHolder{found->name.empty() ? Hex(digest).substr(0, kShown) : found->name,
                     found->operates};
}

int FirstWithoutHash(std::string_view hashed) {
  int number = 0, bad = 0;
  ForEachItem(hashed, [&](std::string_view item) {
    ++number;
    const auto rest = NamedOf(item).rest;
    const auto dot = rest.find('.');
    if (bad == 0 && (dot == std::string_view::npos || dot + 1 == rest.size())) bad = number;
  });
  return bad;
}

bool SameBytes(std::string_view a, std::string_view b) {
  unsigned char differs = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    differs = static_cast<unsigned char>(differs | (a[i] ^ b[i]));
  }
  return differs == 0;
}

std::string NewSecret() {
  constexpr int kWords = 8;
  std::random_device random;
  std::array<unsigned char, 4 * kWords> bytes{};
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const std::uint32_t word = random();
    for (std::size_t k = 0; k < 4; ++k) bytes.at(i + k) = static_cast<unsigned char>(word >> 8 * k);
  }
  return Hex(bytes);
}

}  // namespace reprocess
