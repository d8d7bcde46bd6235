// `reprocess errors --raw`: the lines that a job could not send, whole and as they were, read from
// its files again by the byte ranges of its ledger.
//
//   pinned     to the version that the job read: another one fails, and none of its bytes are told
//   left out   approximate rows: good lines, which were sent, lie between theirs; and the places
//              where files stopped, which have no bytes
//   memory     a line of any length is held whole
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/reason.h"
#include "model/settings.h"
#include "model/storage.h"
#include "store/queries.h"

namespace reprocess {

struct RawLinesRequest {
  std::string job_id;
  std::optional<Reason> reason;  // all when absent
  std::uint64_t most = 0;        // 0: all
  Settings settings;
};

struct RawLinesReport {
  std::uint64_t lines = 0;
  std::vector<std::string> warnings;  // what is left out, and why
};

// `take` is given each line without its terminator, by file and byte.
Result<RawLinesReport> ReadRawLines(const RawLinesRequest& request, Queries& queries,
                                    Storage& storage,
                                    const std::function<void(std::string_view)>& take,
                                    const std::stop_token& stop);

}  // namespace reprocess
