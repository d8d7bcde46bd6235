// A file that is part of the program, as an answer.
#pragma once

#include <string>
#include <string_view>

#include "http/server.h"

namespace reprocess {

struct Asset {
  std::string_view type;     // "text/css; charset=utf-8"
  std::string_view bytes;    // of the file
  std::string_view gzipped;  // the same as one gzip member; empty: it is not sent so
  std::string etag;          // ETagOf(bytes)
};

// A strong one, in its quotes.
std::string ETagOf(std::string_view bytes);

// Borrows what the asset has for ever. A browser asks again each time, and has 304 where it has the
// file; gzip where it says that it takes it.
HttpServer::Answer AnswerWith(const Asset& asset, const HttpServer::Request& request);

}  // namespace reprocess
