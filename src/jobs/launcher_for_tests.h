// A launcher that starts nothing, and remembers what it was asked for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jobs/launcher.h"

namespace reprocess {

class IdleLauncher final : public Launcher {
 public:
  std::string_view name() const override { return "idle"; }
  const std::string& name_space() const override { return none_; }
  Result<void> Reachable(const std::stop_token&) override { return {}; }
  int workers_by_default() const override { return 2; }
  Result<std::vector<std::string>> Check(const PlannedJob&, const std::stop_token&) override {
    return check;
  }
  Result<void> Start(const StartRequest& request, const std::stop_token&) override {
    if (give) give(request.job.plan.job_id);
    if (!start) return start;
    started.push_back(request.job.plan.job_id);
    if (begin) begin(started.back());
    return {};
  }
  Result<void> Suspend(const std::string&, const std::string&, const std::stop_token&) override {
    return {};
  }
  Result<void> Resume(const std::string&, const std::string&, const std::string&,
                      const std::stop_token&) override {
    return {};
  }
  Result<void> Scale(const std::string&, int, const std::stop_token&) override { return {}; }
  Result<ReleasedPod> Release(const std::string&, int, const std::stop_token&) override {
    return ReleasedPod{};
  }
  Result<void> Cancel(const std::string& job_id, const std::stop_token&) override {
    cancelled.push_back(job_id);
    return {};
  }
  Result<bool> ReadLogs(const LogsRequest&, LogsListener&, bool, const std::stop_token&) override {
    return true;
  }
  Result<std::vector<PodRow>> Pods(const std::string&, const std::stop_token&) override {
    return pods;
  }
  Result<std::optional<PodCounts>> CountsOf(const std::string&, const std::stop_token&) override {
    return std::nullopt;
  }
  std::vector<std::string> Troubles() override { return {}; }

  Result<std::vector<std::string>> check = std::vector<std::string>{};
  std::function<void(const std::string& job_id)> give;  // of each, whether it can be started or not
  std::function<void(const std::string& job_id)> begin;  // as whoever is started does
  Result<void> start{};
  std::vector<PodRow> pods;
  std::vector<std::string> started, cancelled;

 private:
  const std::string none_;
};

}  // namespace reprocess
