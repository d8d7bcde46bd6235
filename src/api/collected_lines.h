// The newest lines of logs, as many as may be held for one call.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "cluster/job_logs.h"

namespace reprocess {

class CollectedLines final : public LogsListener {
 public:
  static constexpr std::size_t kMostBytes = 8 << 20;
  static constexpr int kMostTail = 10'000;  // lines of each worker

  void Line(const JobLogLine& line) override {
    constexpr std::size_t kEach = 100;  // beside its text
    bytes_ += line.text.size() + kEach;
    lines_.push_back(line);
    for (; bytes_ > kMostBytes; cut_ = true) {
      bytes_ -= lines_.front().text.size() + kEach;
      lines_.pop_front();
    }
  }
  void Note(const std::string& text) override { notes_.push_back(text); }

  std::vector<JobLogLine> lines() const { return {lines_.begin(), lines_.end()}; }
  std::vector<std::string> notes() const {
    std::vector<std::string> notes = notes_;
    if (cut_) notes.emplace_back("older lines are left out: ask for one worker, or fewer lines");
    return notes;
  }

 private:
  std::deque<JobLogLine> lines_;
  std::vector<std::string> notes_;
  std::size_t bytes_ = 0;
  bool cut_ = false;
};

}  // namespace reprocess
