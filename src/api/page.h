// The page that a browser shows, and its files.
#pragma once

#include "http/server.h"

namespace reprocess {

// The page itself: what it shows, its address says.
HttpServer::Answer PageAnswer(const HttpServer::Request& request);

}  // namespace reprocess
