// What a search for missing lines has found out after some of its passes, as bytes, so that one that was
// ended goes on with the next pass.
//
//   format     CBOR, gzipped. It is of one build: another one's, and bytes that are none of ours, read
//              as nothing, and the search begins anew
//   threads    any
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "missing/find_missing.h"
#include "model/key.h"

namespace reprocess {

struct SearchState {
  std::uint64_t seed = 0;     // of the hashes of values
  std::deque<KeyRange> left;  // of which nothing is known yet
  MissingReport report;       // of the others; its files without their items, and without stretches
};

std::string Encode(std::uint64_t seed, const std::deque<KeyRange>& left,
                   const MissingReport& report);
std::optional<SearchState> DecodeSearch(std::string_view bytes);

// A name for what is asked: the same for the same files, filters, topic and question alone.
std::string NameOf(const MissingRequest& request);

}  // namespace reprocess
