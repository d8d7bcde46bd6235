// The first bytes of an object as they are when decompressed, read to be compared.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "decode/line_reader.h"

namespace reprocess {

struct Prefix {
  std::uint64_t bytes = 0;      // read: fewer than asked for where the object ends before
  std::uint64_t hash = 0;       // of them (model/prefix_hash.h)
  std::uint64_t last_line = 0;  // where the line begins that they end in; `bytes` behind a newline
  bool more = false;            // whether anything lies behind them
  std::string version_tag;
  std::uint64_t size = 0;  // of the stored object
};

// Errors are those of LineReader, and kStopped when `stop` fires. Memory: one buffer.
Result<Prefix> ReadPrefix(const LineReader::Opener& open, std::uint64_t bytes,
                          const std::stop_token& stop);

}  // namespace reprocess
