#include "storage/s3_ranges.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "model/name_time.h"

namespace reprocess {
namespace {

constexpr std::chrono::seconds kLeastSpan{2};  // of a range that is worth a stream of its own
constexpr int kLeastPages = 2;                 // so too: the next one is being fetched already

// Of the times in a page's names; none where it is not told by them.
std::chrono::nanoseconds SpanOf(const ListPage& page) {
  if (page.objects.empty()) return {};
  const auto first = NameTimeOf(page.objects.front().path);
  const auto last = NameTimeOf(page.objects.back().path);
  if (!first || !last || last->time < first->time) return {};
  return last->time - first->time;
}

struct Range {
  std::string after;                 // the last key that was taken, or that it begins behind
  std::string token;                 // of its next page; empty: ask by `after`
  std::optional<std::string> end{};  // the last key that is its own; nullopt: there is none
  WallTime ends_at;                  // the time that stands for the end
  std::chrono::nanoseconds page{};   // how much of it a page is, by the last one
};

class Ranges {
 public:
  Ranges(const ListPage& first, const FetchPage& fetch, WallTime now, const TakeListed& take)
      : fetch_(fetch), take_(take) {
    active_.push_back({.after = first.objects.back().path,
                       .token = first.next,
                       .end = std::nullopt,
                       .ends_at = now + std::chrono::hours(24),
                       .page = SpanOf(first)});
    idle_.push_back(active_.begin());
  }

  // Lists ranges until there are none.
  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto range = Next();
      if (range) {
        ListOne(*range, lock);
        continue;
      }
      if (active_.empty() || error_) break;
      changed_.wait(lock);
    }
    changed_.notify_all();
  }

  Result<void> Listed() && {
    if (error_) return std::unexpected(*std::move(error_));
    return {};
  }

 private:
  using Place = std::list<Range>::iterator;

  // One that nobody lists, else the later half of the longest.
  std::optional<Place> Next() {
    if (error_) return std::nullopt;
    if (!idle_.empty()) {
      const Place range = idle_.back();
      idle_.pop_back();
      return range;
    }
    std::optional<Place> longest;
    std::chrono::nanoseconds most = kLeastSpan;
    for (Place range = active_.begin(); range != active_.end(); ++range) {
      const auto time = NameTimeOf(range->after);
      if (!time) continue;
      const auto left = range->ends_at - time->time;
      if (left <= std::max(most, kLeastPages * range->page)) continue;
      longest = range;
      most = left;
    }
    return longest ? Halved(*longest) : std::nullopt;
  }

  // The later half, a range of its own. Times are text in names, so a key in between is written.
  std::optional<Place> Halved(Place range) {
    const auto begins = *NameTimeOf(range->after);
    const WallTime middle = begins.time + (range->ends_at - begins.time) / 2;
    std::string key = range->after.substr(0, begins.at) + NameTimeText(middle);
    if (key <= range->after || (range->end && key >= *range->end)) return std::nullopt;
    const Place later = active_.insert(active_.end(), {.after = key,
                                                       .token = {},
                                                       .end = range->end,
                                                       .ends_at = range->ends_at,
                                                       .page = range->page});
    range->end = std::move(key);
    range->ends_at = middle;
    return later;
  }

  void ListOne(Place range, std::unique_lock<std::mutex>& lock) {
    for (bool more = true; more && !error_;) {
      const std::string token = range->token, after = range->after;
      lock.unlock();
      auto page = fetch_(token, token.empty() ? after : std::string());
      lock.lock();
      if (page && !page->next.empty() && page->next == token) {
        page = Fatal("list: the answers do not get on");
      }
      more = page ? Take(*range, *std::move(page)) : Fail(std::move(page).error());
      changed_.notify_all();  // there may be something to halve
    }
    active_.erase(range);
    changed_.notify_all();
  }

  // Whether the range goes on.
  bool Take(Range& range, ListPage page) {
    range.page = SpanOf(page);
    for (ListedObject& object : page.objects) {
      if (object.path <= range.after) {
        return Fail({.what = "list: the keys do not come in their order",
                     .where = object.path,
                     .code = Code::kUnsupported});
      }
      if (range.end && object.path > *range.end) return false;
      range.after = object.path;
      take_(std::move(object));
    }
    range.token = std::move(page.next);
    return !range.token.empty();
  }

  bool Fail(Error error) {
    if (!error_) error_ = std::move(error);
    return false;
  }

  const FetchPage& fetch_;
  const TakeListed& take_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Range> active_;
  std::vector<Place> idle_;
  std::optional<Error> error_;
};

// One answer after the other, whatever their order.
Result<void> ListInTurn(const ListPage& first, const FetchPage& fetch, const TakeListed& take) {
  for (std::string token = first.next; !token.empty();) {
    TRY(ListPage page, fetch(token, {}));
    if (page.next == token) {
      return Fatal("list: the service does not get on",
                   page.objects.empty() ? "" : page.objects.back().path);
    }
    for (ListedObject& object : page.objects) take(std::move(object));
    token = std::move(page.next);
  }
  return {};
}

}  // namespace

Result<void> ListRanges(const ListPage& first, const FetchPage& fetch, int streams, WallTime now,
                        const TakeListed& take) {
  Ranges ranges(first, fetch, now, take);
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < streams; ++i) others.emplace_back([&] { ranges.Work(); });
    ranges.Work();
  }
  return std::move(ranges).Listed();
}

Result<void> ListBehind(const ListPage& first, const FetchPage& fetch, int streams, WallTime now,
                        const TakeListed& take) {
  const auto& objects = first.objects;
  if (!objects.empty() && std::ranges::is_sorted(objects, {}, &ListedObject::path)) {
    auto listed = ListRanges(first, fetch, streams, now, take);
    if (listed || listed.error().code != Code::kUnsupported) return listed;
  }
  return ListInTurn(first, fetch, take);
}

}  // namespace reprocess
