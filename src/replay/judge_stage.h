// The second stage: the filter's verdict on each line, the refusals that Kafka taught us, the
// limit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "filter/filter.h"
#include "replay/stage.h"

namespace reprocess {

// Records that Kafka refused alone: they come back as error lines. By list position and first byte.
struct Refusal {
  Reason reason = Reason::kRefused;
  std::string message;
};
using Refusals = std::map<std::pair<int, std::uint64_t>, Refusal>;

class JudgeStage final : public Stage {
 public:
  // `left` is how many messages may still be sent; UINT64_MAX = no limit. At the line that uses it
  // up the batch is cut, its file ends kPartial, and so does the pipeline.
  JudgeStage(std::unique_ptr<Stage> inner, Filter& filter, const Refusals& refusals,
             std::uint64_t left);
  Result<Pulled> Next(SteadyTime deadline) override;

 private:
  void MarkRefused(Batch& batch) const;
  void CutAtLimit(Batch& batch);

  std::unique_ptr<Stage> inner_;
  Filter& filter_;
  const Refusals& refusals_;
  std::uint64_t left_;
};

}  // namespace reprocess
