// What a browser sends back.
#pragma once

#include <optional>
#include <string_view>

#include "http/server.h"

namespace reprocess {

// The first value of that name, as it was sent, which `request` owns. nullopt where there is none.
std::optional<std::string_view> CookieOf(const HttpServer::Request& request, std::string_view name);

}  // namespace reprocess
