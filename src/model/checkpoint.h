// A shard's committed place and books, as text that fits into a Kafka offset's metadata.
//
//   text       "rp1 <name>=<value> … <checksum>": single spaces, every field once, in the order of
//              Encode(); numbers in decimal; by-reason counters joined by commas; the checksum is
//              HashText() of all before the last space. Printable ASCII (brokers keep metadata as a
//              string: other bytes come back replaced). At most kMaxCheckpointBytes
//   formats    rp1 has every field but the newer ones and twelve reasons, and is read for ever. rp2
//              adds those newer fields, and those later reasons, that are not at their default (0,
//              absent); a text without any is written as rp1, which the builds before read. A new
//              field goes to the end of VisitNewerFields, a new reason to the end of Reason
//   limit      Kafka refuses metadata over offset.metadata.max.bytes, 4,096 by default
//   strictness Decode accepts exactly what Encode writes: a text cut or altered anywhere is an
//              error
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/counters.h"
#include "model/position.h"

namespace reprocess {

inline constexpr std::size_t kMaxCheckpointBytes = 4000;

enum class ShardState : std::uint8_t { kRunning, kFinishedWithFailures, kComplete };
enum class Pass : std::uint8_t { kFirst, kRetry };

std::string_view NameOf(ShardState state);  // "running", "finished_with_failures", "complete"

struct Checkpoint {
  ShardState state = ShardState::kRunning;
  std::string owner;  // at most 64 characters of [A-Za-z0-9._:-]
  std::uint64_t generation = 0;
  std::string fingerprint;  // 16 hexadecimal digits: what this shard was asked to do
  Pass pass = Pass::kFirst;
  int list_position = 0;  // of the file that `place` is in
  FilePlace place;
  std::string version_hash;  // HashText of the object's version tag; empty before it was opened
  std::uint64_t uncounted_bytes = 0;                       // of the current file: before start_line
  std::uint64_t processed_files = 0, processed_bytes = 0;  // finished ones; listed sizes
  std::uint64_t failed_files = 0;
  Counters shard, file;  // of the whole shard, and of the current file

  bool operator==(const Checkpoint&) const = default;
};

// `reprocess reset` leaves one that is bound to nothing: any job may begin there, and until then the
// shard is as new.
inline bool IsReset(const Checkpoint& checkpoint) {
  return checkpoint.fingerprint.empty();
}

// `padded_to` adds a field of filler so that the text has that many bytes: a claim proves with it
// that the broker takes the longest text.
std::string Encode(const Checkpoint& checkpoint, std::size_t padded_to = 0);
Result<Checkpoint> Decode(std::string_view text);

}  // namespace reprocess
