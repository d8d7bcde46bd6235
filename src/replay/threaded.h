// Runs a stage ahead on a thread of its own, at most `max_bytes` of batches ahead.
//
//   end        destroying it asks the pipeline's stop source to stop, then joins
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/pipe.h"
#include "replay/stage.h"

namespace reprocess {

class Threaded final : public Stage {
 public:
  // `held` is kept up to date with the bytes that lie ahead, when given; borrowed.
  Threaded(std::unique_ptr<Stage> inner, std::size_t max_bytes, std::stop_source pipeline_stop,
           std::atomic<std::uint64_t>* held = nullptr);
  ~Threaded() override;
  Result<Pulled> Next(SteadyTime deadline) override;

 private:
  void Run();

  std::unique_ptr<Stage> inner_;
  Pipe<Batch> pipe_;
  std::stop_source pipeline_stop_;
  std::thread thread_;
};

}  // namespace reprocess
