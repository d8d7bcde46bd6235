// A Sink that hands each call to another one: what stands around a sink overrides what it changes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/sink.h"

namespace reprocess {

class ForwardingSink : public Sink {
 public:
  explicit ForwardingSink(std::unique_ptr<Sink> inner) : inner_(std::move(inner)) {}

  Result<void> Open(const std::stop_token& stop) override { return inner_->Open(stop); }
  Result<std::optional<std::string>> ReadCheckpoint(Read how) override {
    return inner_->ReadCheckpoint(how);
  }
  Result<void> Begin() override { return inner_->Begin(); }
  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) override {
    return inner_->Produce(batch, from, to);
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    return inner_->Commit(checkpoint, within);
  }
  void Abandon() override { inner_->Abandon(); }
  std::unique_ptr<Probe> MakeProbe() override { return inner_->MakeProbe(); }
  void Poll() override { inner_->Poll(); }
  Result<std::vector<std::int64_t>> EndOffsets() override { return inner_->EndOffsets(); }
  std::uint64_t queued_bytes() const override { return inner_->queued_bytes(); }
  Milliseconds TakeThrottled() override { return inner_->TakeThrottled(); }
  std::uint64_t max_value_bytes() const override { return inner_->max_value_bytes(); }

 private:
  const std::unique_ptr<Sink> inner_;
};

}  // namespace reprocess
