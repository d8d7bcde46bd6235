#include "api/networks.h"

#include <algorithm>
#include <charconv>
#include <span>

#include <arpa/inet.h>

namespace reprocess {
namespace {

constexpr std::size_t kByteBits = 8;

// 4 or 16 bytes; none where the text is no address. An IPv4 address within IPv6 is the former.
std::vector<unsigned char> BytesOf(const std::string& text) {
  std::vector<unsigned char> bytes(sizeof(in6_addr));
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    constexpr unsigned char kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(std::begin(kMapped), std::end(kMapped), bytes.begin())) {
      bytes.erase(bytes.begin(), bytes.begin() + sizeof(kMapped));
    }
    return bytes;
  }
  bytes.resize(sizeof(in_addr));
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) != 1) bytes.clear();
  return bytes;
}

bool SameBits(std::span<const unsigned char> a, std::span<const unsigned char> b,
              std::size_t bits) {
  for (std::size_t i = 0; i < bits; ++i) {
    const auto shift = kByteBits - 1 - i % kByteBits;
    if (((a[i / kByteBits] ^ b[i / kByteBits]) >> shift & 1) != 0) return false;
  }
  return true;
}

bool Contains(const std::string& network, std::span<const unsigned char> address) {
  const auto slash = network.find('/');
  const auto of_network = BytesOf(network.substr(0, slash));
  if (of_network.empty() || of_network.size() != address.size()) return false;
  std::size_t bits = address.size() * kByteBits;
  if (slash != std::string::npos) {
    const char* end = network.data() + network.size();
    std::size_t given = 0;
    const auto read = std::from_chars(network.data() + slash + 1, end, given);
    if (read.ec != std::errc() || read.ptr != end || given > bits) return false;
    bits = given;
  }
  return SameBits(of_network, address, bits);
}

}  // namespace

bool IsAddress(const std::string& text) {
  return !BytesOf(text).empty();
}

bool IsIn(const std::string& address, const std::vector<std::string>& networks) {
  const auto bytes = BytesOf(address);
  return !bytes.empty() && std::ranges::any_of(networks, [&](const std::string& network) {
    return Contains(network, bytes);
  });
}

}  // namespace reprocess
