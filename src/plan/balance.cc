#include "plan/balance.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace reprocess {
namespace {

constexpr std::uint64_t kSwapSteps = 50'000'000;  // files looked at
constexpr std::size_t kMostSwaps = 2'000;
constexpr std::size_t kSearchedFiles = 64;  // of more, a search would not come far
constexpr int kSearchSteps = 50'000;

struct Share {
  std::vector<std::uint32_t> files;  // largest first
  std::uint64_t bytes = 0;
};

// The least that the heaviest share can have, and a thousandth more, which nobody would notice.
std::uint64_t GoodEnough(std::span<const Weight> files, std::size_t shares) {
  std::uint64_t all = 0;
  for (const Weight& file : files) all += file.bytes;
  const std::uint64_t even = (all + shares - 1) / shares;
  return even + even / 1'000;
}

std::uint64_t Heaviest(const std::vector<Share>& shares) {
  return std::ranges::max_element(shares, {}, &Share::bytes)->bytes;
}

std::vector<std::uint32_t> LargestFirst(std::span<const Weight> files) {
  std::vector<std::uint32_t> order(files.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return files[a].bytes != files[b].bytes ? files[a].bytes > files[b].bytes : a < b;
  });
  return order;
}

// Each round's largest file goes to the share that has least so far.
std::vector<Share> DealOut(std::span<const Weight> files, const std::vector<std::uint32_t>& order,
                           std::size_t count) {
  std::vector<Share> shares(count);
  for (Share& share : shares) share.files.reserve(order.size() / count + 1);
  std::vector<std::size_t> lightest(count);
  std::iota(lightest.begin(), lightest.end(), std::size_t{0});
  for (std::size_t at = 0; at < order.size(); at += count) {
    std::ranges::sort(lightest, {}, [&](std::size_t i) { return std::pair(shares[i].bytes, i); });
    const std::size_t round = std::min(count, order.size() - at);
    for (std::size_t i = 0; i < round; ++i) {
      Share& share = shares[lightest[i]];
      share.files.push_back(order[at + i]);
      share.bytes += files[order[at + i]].bytes;
    }
  }
  return shares;
}

// Swaps files between shares while that makes the heaviest lighter.
class Swapper {
 public:
  Swapper(std::span<const Weight> files, std::vector<Share>& shares)
      : files_(files), shares_(shares), enough_(GoodEnough(files, shares.size())) {}

  void Run() {
    const std::size_t most = std::min<std::size_t>(kMostSwaps, kSwapSteps / files_.size());
    for (std::size_t i = 0; i < most && Once(); ++i) continue;
  }

 private:
  struct Swap {
    Share* light = nullptr;
    std::size_t out = 0, in = 0;         // places in heavy's and light's files
    std::uint64_t heavier = UINT64_MAX;  // of the two shares, afterwards
  };

  bool Once() {
    Share& heavy = *std::ranges::max_element(shares_, {}, &Share::bytes);
    if (heavy.bytes <= enough_) return false;
    Swap best;
    for (Share& light : shares_) {
      if (light.bytes < heavy.bytes) LookAt(heavy, light, best);
    }
    if (best.heavier >= heavy.bytes) return false;
    const std::uint64_t less = Bytes(heavy.files[best.out]) - Bytes(best.light->files[best.in]);
    std::swap(heavy.files[best.out], best.light->files[best.in]);
    heavy.bytes -= less;
    best.light->bytes += less;
    for (Share* share : {&heavy, best.light}) {
      std::ranges::sort(share->files, {}, [&](std::size_t file) {
        return std::pair(UINT64_MAX - Bytes(file), file);
      });
    }
    return true;
  }

  // The two files whose difference is nearest to half of the shares' own. Both lists descend, so the
  // one wanted for each file lies behind the one before.
  void LookAt(const Share& heavy, Share& light, Swap& best) const {
    const std::uint64_t gap = heavy.bytes - light.bytes;
    std::size_t in = 0;
    for (std::size_t out = 0; out < heavy.files.size() && in < light.files.size(); ++out) {
      const std::uint64_t bytes = Bytes(heavy.files[out]);
      while (in < light.files.size() && Bytes(light.files[in]) + gap / 2 > bytes) {
        Try(heavy, light, gap, out, in++, best);
      }
      if (in < light.files.size()) Try(heavy, light, gap, out, in, best);
    }
  }

  void Try(const Share& heavy, Share& light, std::uint64_t gap, std::size_t out, std::size_t in,
           Swap& best) const {
    const std::uint64_t bytes = Bytes(heavy.files[out]), other = Bytes(light.files[in]);
    if (bytes <= other || bytes - other >= gap) return;
    const std::uint64_t less = bytes - other;
    const std::uint64_t heavier = std::max(heavy.bytes - less, light.bytes + less);
    if (heavier < best.heavier) best = {&light, out, in, heavier};
  }

  std::uint64_t Bytes(std::size_t file) const { return files_[file].bytes; }

  const std::span<const Weight> files_;
  std::vector<Share>& shares_;
  const std::uint64_t enough_;
};

// Tries all ways to share out, the largest files first, leaving out what cannot be better.
class Search {
 public:
  Search(std::span<const Weight> files, const std::vector<std::uint32_t>& order,
         std::vector<Share>& best)
      : files_(files),
        order_(order),
        best_(best),
        enough_(GoodEnough(files, best.size())),
        heaviest_(Heaviest(best)),
        now_(best.size()) {
    for (std::size_t i = 0; i < best.size(); ++i) room_.push_back(best[i].files.size());
  }

  void Run() { Place(0); }

 private:
  void Place(std::size_t at) {
    if (heaviest_ <= enough_ || ++steps_ > kSearchSteps) return;
    if (at == order_.size()) {
      best_ = now_;
      heaviest_ = Heaviest(best_);
      return;
    }
    const std::uint64_t bytes = files_[order_[at]].bytes;
    for (std::size_t i = 0; i < now_.size(); ++i) {
      if (room_[i] == 0 || now_[i].bytes + bytes >= heaviest_ || IsTwin(i)) continue;
      --room_[i];
      now_[i].bytes += bytes;
      now_[i].files.push_back(order_[at]);
      Place(at + 1);
      now_[i].files.pop_back();
      now_[i].bytes -= bytes;
      ++room_[i];
    }
  }

  // Whether a share before it is in the same state, and so was tried.
  bool IsTwin(std::size_t share) const {
    for (std::size_t i = 0; i < share; ++i) {
      if (room_[i] == room_[share] && now_[i].bytes == now_[share].bytes) return true;
    }
    return false;
  }

  const std::span<const Weight> files_;
  const std::vector<std::uint32_t>& order_;
  std::vector<Share>& best_;
  const std::uint64_t enough_;
  std::uint64_t heaviest_;
  std::vector<Share> now_;
  std::vector<std::size_t> room_;
  int steps_ = 0;
};

std::vector<Share> ShareOut(std::span<const Weight> files, std::size_t count) {
  const auto largest_first = LargestFirst(files);
  std::vector<Share> shares = DealOut(files, largest_first, count);
  Swapper(files, shares).Run();
  if (files.size() <= kSearchedFiles) Search(files, largest_first, shares).Run();
  return shares;
}

}  // namespace

std::vector<std::size_t> BalancedOrder(std::span<const Weight> files, std::size_t shares) {
  if (files.empty()) return {};
  std::vector<Share> all = ShareOut(files, shares);
  const auto age = [&](std::size_t file) {
    const auto& time = files[file].time;
    return std::tuple(!time, time.value_or(WallTime{}), file);
  };
  for (Share& share : all) std::ranges::sort(share.files, {}, age);
  // Those with a file more come first, as positions mod N have it; else the oldest.
  std::ranges::sort(all, [&](const Share& a, const Share& b) {
    if (a.files.size() != b.files.size()) return a.files.size() > b.files.size();
    return !a.files.empty() && age(a.files.front()) < age(b.files.front());
  });
  std::vector<std::size_t> order;
  order.reserve(files.size());
  for (std::size_t round = 0; order.size() < files.size(); ++round) {
    for (const Share& share : all) {
      if (round < share.files.size()) order.push_back(share.files[round]);
    }
  }
  return order;
}

}  // namespace reprocess
