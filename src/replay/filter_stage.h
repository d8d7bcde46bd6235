// The second stage: the filter's verdict on each line, the records known to be refused, the limit.
#pragma once

#include <cstdint>
#include <memory>

#include "filter/filter.h"
#include "replay/isolation.h"
#include "replay/stage.h"

namespace reprocess {

class FilterStage final : public Stage {
 public:
  // `left` is how many messages may still be sent; UINT64_MAX = no limit. At the line that uses it
  // up the batch is cut, its file ends kPartial, and so does the pipeline.
  FilterStage(std::unique_ptr<Stage> inner, Filter& filter, const Isolation& isolation,
              std::uint64_t left);
  Result<Pulled> Next(SteadyTime deadline) override;

 private:
  void CutAtLimit(Batch& batch);

  std::unique_ptr<Stage> inner_;
  Filter& filter_;
  const Isolation& isolation_;
  std::uint64_t left_;
};

}  // namespace reprocess
