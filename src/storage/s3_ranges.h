// A long listing in ranges of keys that are listed side by side. A service hands out a thousand keys
// an answer, each behind the one before, so one stream is as slow as its answers; but it begins behind
// any key that it is told (start-after).
//
//   ranges     what the first answer does not hold is one range without an end. Whoever has nothing
//              to do takes the later half of the range that has the most left, by the times in names
//              (model/name_time.h), unless that is two pages or less; names without times stay in
//              one stream
//   each once  a range ends where the next begins, and whoever lists it drops what lies past its end,
//              wherever a guess has put that: what guesses cost is time alone
//   order      of keys is the service's promise, and checked: kUnsupported where an answer is out of
//              order, as of a service that does not know start-after
//   threads    at most `streams`, one of them the caller's; `fetch` is called from all of them
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "storage/s3_list.h"

namespace reprocess {

// The page behind the continuation token, else behind the key; both empty: the first.
using FetchPage =
    std::function<Result<ListPage>(const std::string& token, const std::string& start_after)>;

// Behind the first page: all that follows, in no order. `now`: names hold hardly later times. `take`
// is called from all threads, one at a time.
Result<void> ListRanges(const ListPage& first, const FetchPage& fetch, int streams, WallTime now,
                        const TakeListed& take);

// The same; one answer after the other where keys have no order, as in directory buckets, or the
// service does not know start-after: then keys may be told twice.
Result<void> ListBehind(const ListPage& first, const FetchPage& fetch, int streams, WallTime now,
                        const TakeListed& take);

}  // namespace reprocess
