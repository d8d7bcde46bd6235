// `reprocess verify` as a use case: whether all that a job sent is in its topic, once, as it was
// read (docs/verify.md).
//
//   proof      reads the committed records of the topic between the offsets that the shards stored,
//              and the job's files again, in passes over the keys (verify/key_table.h)
//   counts     reads the topic alone, and compares numbers
//   errors     Code::kUnsupported: this job cannot be verified, whatever is done; else what is away
//              or misused
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/topic_reader.h"
#include "model/settings.h"
#include "model/storage.h"
#include "store/queries.h"

namespace reprocess {

struct VerifyRequest {
  std::string job_id;
  KafkaSettings kafka;  // where the job's own configuration names none
  Settings settings;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  // for keys
  std::size_t most_findings = 100;                      // that are named, of each kind
  bool counts_only = false;
};

enum class Finding : std::uint8_t { kMissing, kDoubled, kAltered };
inline constexpr std::size_t kFindings = 3;
std::string_view NameOf(Finding finding);  // "missing", "doubled", "altered"

// A line that is not in the topic as it should be.
struct FoundLine {
  Finding finding = Finding::kMissing;
  int list_position = 0;
  std::string path;
  std::uint64_t line = 0, byte = 0;  // line 0: not known, in a part that begins at an offset
  int partition = -1;                // of the record: doubled and altered ones
  std::int64_t offset = -1;
};

// Something that keeps lines from being verified.
struct Doubt {
  std::string where, why;
  std::uint64_t lines = 0;  // how many; 0: not known
};

struct VerifyReport {
  std::string job_id, topic;
  bool counts_only = false;
  std::vector<OffsetSpan> spans;
  std::uint64_t sent = 0;                         // lines, by the books
  std::uint64_t not_sent = 0;                     // lines that are errors, by the books
  std::uint64_t incomplete = 0;                   // files of which not all was read
  std::uint64_t expected = 0;                     // lines that must be there, by files and books
  std::uint64_t found = 0;                        // of them (and of unclear ones), at least once
  std::uint64_t records = 0;                      // committed ones in the spans
  std::uint64_t others = 0;                       // of them, with no key of ours
  std::array<std::uint64_t, kFindings> totals{};  // by Finding
  std::vector<FoundLine> findings;                // by kind, file, byte
  std::vector<Doubt> doubts;
  std::size_t passes = 0;

  std::uint64_t wrong() const { return totals[0] + totals[1] + totals[2]; }
};

// In numbers, as it is kept.
VerifyResult ResultOf(const VerifyReport& report);

struct VerifyProgress {
  // Who is asked now; of lines and records each source in turn.
  enum class Asks : std::uint8_t { kBooks, kKafka, kLines };
  Asks asks = Asks::kLines;
  std::string waiting{};             // for what Kafka is asked again; else empty
  std::size_t pass = 0, passes = 0;  // from 1; 0: none has begun
  std::uint64_t lines = 0, records = 0;
};

Result<VerifyReport> Verify(const VerifyRequest& request, Queries& queries, Storage& storage,
                            const std::function<void(const VerifyProgress&)>& progress,
                            const std::stop_token& stop);

}  // namespace reprocess
