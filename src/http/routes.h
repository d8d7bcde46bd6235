// Which route has a path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace reprocess {

class RouteTable {
 public:
  explicit RouteTable(std::vector<HttpServer::Route> routes);

  struct Found {
    const HttpServer::Route* route = nullptr;  // of the table; null: none
    std::vector<std::string> parts;            // what stands for its `{…}`
    std::string allowed;  // where there is none: the path's methods, "GET, HEAD, POST"; or empty
  };
  // The first route whose segments are these.
  Found Find(std::string_view method, const std::vector<std::string>& segments) const;

 private:
  struct Entry {
    HttpServer::Route route;
    std::vector<std::string> pattern;
  };
  std::vector<Entry> entries_;
};

}  // namespace reprocess
