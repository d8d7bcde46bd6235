// What a text column holds: always valid UTF-8 without NUL, whatever bytes the input had, and the
// lists that are kept as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/counters.h"
#include "model/job_config.h"

namespace reprocess {

// Bytes that are not UTF-8 and control characters become \xNN (two upper-case hexadecimal digits),
// and so does a backslash that could be taken for the start of one: Unescape gives every byte back.
std::string Escape(std::string_view bytes);
std::string Unescape(std::string_view text);

// "12,0,7"; empty for none.
std::string JoinOffsets(const std::vector<std::int64_t>& offsets);
std::vector<std::int64_t> SplitOffsets(std::string_view text);

// "0+120,512+30"; a range to the end, "512+". Empty for none.
std::string JoinRanges(const std::vector<ByteRange>& ranges);
std::vector<ByteRange> SplitRanges(std::string_view text);

// Counters by reason as a JSON object without zeros, {"blank":3}: only the skips, or only the
// errors.
enum class Side : std::uint8_t { kSkips, kErrors };
std::string ReasonsText(const Counters& counters, Side side);
// Adds what ReasonsText wrote; unknown names are ignored.
void AddReasons(std::string_view text, Counters& counters);

// Who ends a job's row that we made, under "made_by" in its configuration.
inline constexpr std::string_view kWorkersMark = "reprocessing-worker";  // its last worker
inline constexpr std::string_view kPlansMark = "reprocess";  // whoever has submitted the plan

// A job's configuration as its row holds it: with the mark, without what JSONB refuses (NUL
// characters), and fit for the admin service (admin_config.h). A text that is not a JSON object is
// left out.
std::string MarkedConfig(std::string_view config, std::string_view mark = kWorkersMark);
bool IsMarked(std::string_view config, std::string_view mark = kWorkersMark);
std::string UnmarkedConfig(std::string_view config);

}  // namespace reprocess
