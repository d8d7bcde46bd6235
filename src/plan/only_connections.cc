#include "plan/only_connections.h"

#include <algorithm>

#include <fmt/format.h>

#include "plan/preflight.h"

namespace reprocess {
namespace {

// config.json is mounted from a ConfigMap, which takes 1 MiB.
constexpr std::size_t kMostBytes = 512 << 10;

}  // namespace

Result<void> ResolveOnlyConnections(JobConfig& config, const StreamMap* streams) {
  const std::vector<std::string>& wanted = config.only_connections;
  if (wanted.empty()) return {};
  if (streams == nullptr) {
    return Invalid("read --only-connection: there is no streams repository to look up in", {},
                   "give --repository-url URL, or set REPOSITORY_URL");
  }
  TRY_OK(CheckConnections("--only-connection", wanted, *streams));
  auto& found = config.stream_connections;
  std::size_t bytes = 0;
  streams->ForEach([&](std::string_view stream, std::string_view connections) {
    for (const std::string_view one : ConnectionsIn(connections)) {
      if (std::ranges::find(wanted, one) == wanted.end()) continue;
      found[std::string(stream)].emplace_back(one);
      bytes += stream.size() + one.size();
    }
  });
  if (bytes <= kMostBytes) return {};
  return Fatal(
      fmt::format("plan job: {} streams have a connection of --only-connection, more than a "
                  "job can keep",
                  found.size()),
      {}, "name fewer connections, and plan a job for the others", Code::kUnsupported);
}

}  // namespace reprocess
