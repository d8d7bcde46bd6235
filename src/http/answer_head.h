// The head of an answer, as it is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/server.h"

namespace reprocess {

enum class Framing : std::uint8_t {
  kLength,   // the body's size is told
  kChunked,  // it comes in chunks
  kClose,    // it ends with the connection, as HTTP/1.0 has it
};

// `always` are headers of every answer, which the answer's own of the same name replace. nullopt
// where a value has a control character, with which it could end the head early.
std::optional<std::string> HeadOf(const HttpServer::Answer& answer,
                                  const std::vector<HttpServer::Header>& always, Framing framing,
                                  bool close);

}  // namespace reprocess
