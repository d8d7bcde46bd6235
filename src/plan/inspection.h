// Reads files to see what is in them: each line is judged as a replay would, and counted by what it
// says of itself. What `reprocess inspect` and the estimate of a plan share.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <stop_token>

#include "filter/filter.h"
#include "filter/grammar.h"
#include "model/settings.h"
#include "model/storage.h"
#include "plan/inspect.h"

namespace reprocess {

// What it works with; borrowed.
struct InspectionWorld {
  Storage& storage;
  const Settings& settings;
  std::size_t samples;                                        // of lines that would be sent
  const std::function<void(const InspectReport&)>& progress;  // after each batch
  const std::stop_token& stop;
};

class Inspection {
 public:
  // `config` and `streams` are borrowed too; the latter may be absent.
  Inspection(const InspectionWorld& world, const JobConfig& config, const StreamMap* streams,
             InspectReport& report)
      : world_(world), filter_(config, streams, UINT64_MAX), report_(report) {}

  // Adds what the file says to the report: all of it, or whole batches until `most_text` bytes of
  // lines are read. Returns up to which stored byte that was.
  std::uint64_t Read(const FileItem& item,
                     std::uint64_t most_text = std::numeric_limits<std::uint64_t>::max());

 private:
  InspectedFile& file() { return report_.files.back(); }
  void Fail(const Error& error);
  void Take(const Batch& batch, const Line& line);
  void CountMessage(const Line& line);
  void Sample(const Batch& batch, const Line& line);

  const InspectionWorld world_;
  Filter filter_;
  GrammarCheck grammar_;  // what a message is counted by
  InspectReport& report_;
  std::size_t sent_samples_ = 0;
  std::array<bool, kReasonCount> sampled_{};
};

// Of a configuration without connections and repository every line would only say that there are
// none: one that every line may be sent by. Whether destinations are looked at.
bool CheckDestinations(bool look_up, JobConfig& config);

}  // namespace reprocess
