// Signs each line of JSON on stdin: the target and the headers come out, one line for each in.
//   {"method","host","key","query":[[name,value]…],"headers":[[name,value]…],"body",
//    "service","region","time","access","secret","token"}
// "key" is in hexadecimal: it need not be UTF-8.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "aws/sign.h"
#include "model/time_text.h"
#include "net/uri_encoding.h"
#include "storage/s3_url.h"

namespace reprocess {
namespace {

std::string FromHex(const std::string& hex) {
  std::string text;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    text += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  }
  return text;
}

nlohmann::json Signed(const nlohmann::json& line) {
  UnsignedRequest request{.method = line["method"],
                          .host = line["host"],
                          .path = "/" + UriEncoded(FromHex(line["key"]), Slash::kKept),
                          .body = line["body"],
                          .service = line["service"],
                          .region = line["region"]};
  for (const auto& pair : line["query"]) request.query.emplace_back(pair[0], pair[1]);
  for (const auto& pair : line["headers"]) request.headers.push_back({pair[0], pair[1]});
  const S3Credentials credentials{line["access"], line["secret"], line["token"], {}};
  const WallTime time = ParseRfc3339(line["time"].get<std::string>()).value();
  const SignedRequest done = Sign(request, credentials, time);
  nlohmann::json headers = nlohmann::json::object();
  for (const auto& [name, value] : done.headers) headers[name] = value;
  return {{"target", done.target}, {"headers", headers}};
}

}  // namespace
}  // namespace reprocess

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << reprocess::Signed(nlohmann::json::parse(line)).dump() << '\n';
  }
}
