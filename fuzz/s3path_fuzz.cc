// An S3 path taken apart and put together again is the same bytes, and what goes on the wire leads
// back to the key: one encoding, nothing tidied, nothing of the key in the host's name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/region.h"
#include "storage/s3_url.h"

using namespace reprocess;

namespace {

std::string DecodedNaively(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
    } else {
      decoded += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
      at += 2;
    }
  }
  return decoded;
}

bool IsSafe(std::string_view text) {
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-_.~/%") == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  const Result<S3Url> url = ParseS3Url(path);
  if (!url) {
    if (url.error().where != path) std::abort();
    return 0;
  }
  const std::string bucket = "s3://" + url->bucket;
  if (path != bucket + "/" + url->key && !(url->key.empty() && path == bucket)) std::abort();
  if (url->bucket.empty() || url->bucket.find('/') != std::string::npos) std::abort();

  S3Settings settings;
  for (const char* endpoint : {"", "http://127.0.0.1:9000/base/"}) {
    settings.endpoint = endpoint;
    for (const bool in_path : {true, false}) {
      settings.path_style = in_path;
      const S3Address address = AddressOf(settings, kDefaultRegion, *url);
      const std::string base = settings.endpoint.empty() ? "" : "/base";
      const std::string before = base + (in_path ? "/" + url->bucket : "") + "/";
      if (!IsSafe(address.path) || DecodedNaively(address.path) != before + url->key) std::abort();
      if (address.host.starts_with(url->bucket + ".") == in_path &&
          !std::string_view("s3.us-east-1.amazonaws.com").starts_with(url->bucket + ".") &&
          !std::string_view("127.0.0.1:9000").starts_with(url->bucket + ".")) {
        std::abort();
      }
      if (!address.origin.ends_with("://" + address.host)) std::abort();
    }
  }
  return 0;
}
