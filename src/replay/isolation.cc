#include "replay/isolation.h"

#include <algorithm>
#include <variant>
#include <vector>

#include "base/log.h"

namespace reprocess {
namespace {

// To try records that are refused costs a new producer, 50 to 100 times as much as to try others.
constexpr std::size_t kFirstTry = 16;      // records
constexpr std::size_t kLargestTry = 1024;  // after some that were all taken
constexpr std::size_t kFarApart = 64;      // no more than the mean distance of refused ones by this
constexpr std::size_t kOneByOne = 64;      // of so many that are refused, each is tried alone
constexpr std::size_t kPieces = 16;        // of more, so many pieces

Refusal RefusalOf(const Error& why) {
  return {why.code == Code::kTooLarge ? Reason::kTooLarge : Reason::kRefused, why.what};
}

class Search {
 public:
  Search(Probe& probe, Refusals& refusals, const std::stop_token& stop)
      : probe_(probe), refusals_(refusals), stop_(stop) {}

  Result<void> Take(const Batch& batch, const LinePlace& last) {
    records_.clear();
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
      const Line& line = batch.lines[i];
      const bool wanted = LinePlace{batch.list_position, line.first_byte} <= last;
      if (wanted && line.verdict == Verdict::kSend) records_.push_back(i);
    }
    for (std::size_t at = 0; at < records_.size();) {
      const std::size_t count = std::min(size_, records_.size() - at);
      TRY(const Tried tried, Try(batch, at, count));
      at += count;
      tried_ += count;
      found_ += tried.found;
      if (!tried.taken && tried.found == 0) {  // too large together, as a batch of Kafka's
        most_ = std::max<std::size_t>(count / 2, 1);
      }
      size_ = std::min({tried.taken ? 2 * size_ : kFirstTry, most_, Cap()});
    }
    return {};
  }

 private:
  struct Tried {
    bool taken;
    std::size_t found;  // refused alone
  };

  std::size_t Cap() const {
    return found_ == 0 ? most_ : std::max<std::size_t>(tried_ / (kFarApart * found_), 1);
  }

  // Of records_[at, at + count).
  Result<Tried> Try(const Batch& batch, std::size_t at, std::size_t count) {
    TRY(const std::optional<Error> why,
        probe_.Try(batch, records_[at], records_[at + count - 1] + 1, stop_));
    if (!why) return Tried{true, 0};
    if (count == 1) {
      refusals_.insert(
          {{batch.list_position, batch.lines[records_[at]].first_byte}, RefusalOf(*why)});
      return Tried{false, 1};
    }
    const std::size_t piece = count <= kOneByOne ? 1 : count / kPieces;
    Tried all{false, 0};
    for (const std::size_t end = at + count; at < end; at += piece) {
      TRY(const Tried tried, Try(batch, at, std::min(piece, end - at)));
      all.found += tried.found;
    }
    return all;
  }

  Probe& probe_;
  Refusals& refusals_;
  const std::stop_token& stop_;
  std::vector<std::size_t> records_;  // the batch's messages, by their lines' indexes
  std::size_t size_ = kFirstTry, most_ = kLargestTry;
  std::size_t tried_ = 0, found_ = 0;  // in all
};

}  // namespace

Result<void> FindRefused(Stage& source, Probe& probe, const LinePlace& last, Refusals& refusals,
                         const std::stop_token& stop) {
  Search search(probe, refusals, stop);
  for (;;) {
    TRY(const Pulled pulled, source.Next(SteadyTime::max()));
    const auto* batch = std::get_if<Batch>(&pulled);
    if (batch == nullptr) return {};
    TRY_OK(search.Take(*batch, last));
    if (LinePlace{batch->list_position, batch->after.byte} > last) return {};
  }
}

void Isolation::Mark(Batch& batch) const {
  auto refused = refusals_.lower_bound({batch.list_position, batch.begin.byte});
  const auto end = refusals_.lower_bound({batch.list_position, batch.after.byte});
  for (; refused != end; ++refused) {
    const auto& [place, why] = *refused;
    const auto line = std::ranges::find(batch.lines, place.byte, &Line::first_byte);
    if (line == batch.lines.end() || line->verdict != Verdict::kSend) continue;
    line->verdict = Verdict::kError;
    line->reason = why.reason;
    batch.messages.push_back(why.message);
    line->message = static_cast<std::uint32_t>(batch.messages.size());
  }
}

Result<void> Isolation::Isolate(const Error& why, std::uint64_t records, const LinePlace& last,
                                Sink& sink, const std::function<std::unique_ptr<Stage>()>& judged,
                                const std::stop_token& stop) {
  if (records <= 1) {
    Blame({last, RefusalOf(why)});
    if (bisection_) bisection_->found = true;
    return {};
  }
  const std::unique_ptr<Probe> probe = bisection_ ? nullptr : sink.MakeProbe();
  if (probe) {
    sink.Abandon();  // else consumers wait for the refused transaction as well
    const std::size_t known = refusals_.size();
    if (Result<void> asked = FindRefused(*judged(), *probe, last, refusals_, stop); !asked) {
      if (asked.error().code == Code::kStopped) return asked;
      Log(LogLevel::kWarn, "refused records are looked for by halving",
          {{"why", asked.error().ToString()}});
    }
    if (refusals_.size() > known) return {};
  }
  Bisect(records, last);
  return {};
}

void Isolation::Bisect(std::uint64_t records, const LinePlace& last) {
  if (!bisection_) bisection_ = Bisection{};
  bisection_->records = std::max<std::uint64_t>(1, std::min(batch_size_, records / 2));
  bisection_->until = std::max(bisection_->until, {last.list_position, last.byte + 1});
  bisection_->found = false;
}

void Isolation::Committed(std::uint64_t records, const LinePlace& next) {
  if (!bisection_) return;
  if (bisection_->found && records > 0) {
    bisection_->records = std::min(bisection_->records * 2, batch_size_);
  }
  if (next >= bisection_->until) bisection_.reset();
}

}  // namespace reprocess
