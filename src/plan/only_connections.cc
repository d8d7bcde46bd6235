#include "plan/only_connections.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/repository.h"
#include "plan/plan_config.h"
#include "plan/preflight.h"

namespace reprocess {
namespace {

// config.json is mounted from a ConfigMap, which takes 1 MiB.
constexpr std::size_t kMostBytes = 512 << 10;

}  // namespace

Result<std::map<std::string, std::vector<std::string>>> StreamConnectionsOf(
    const std::vector<std::string>& wanted, const StreamMap& streams) {
  TRY_OK(CheckConnections("--only-connection", wanted, streams));
  std::map<std::string, std::vector<std::string>> found;
  std::size_t bytes = 0;
  streams.ForEach([&](std::string_view stream, std::string_view connections) {
    for (const std::string_view one : ConnectionsIn(connections)) {
      if (std::ranges::find(wanted, one) == wanted.end()) continue;
      found[std::string(stream)].emplace_back(one);
      bytes += stream.size() + one.size();
    }
  });
  if (bytes <= kMostBytes) return found;
  return Fatal(
      fmt::format("plan job: {} streams have a connection of --only-connection, more than a "
                  "job can keep",
                  found.size()),
      {}, "name fewer connections, and plan a job for the others", Code::kUnsupported);
}

Result<std::string> ResolveOnlyConnections(const std::string& given,
                                           const std::string& repository_url,
                                           const std::string& repository_token,
                                           const std::stop_token& stop) {
  std::vector<std::string> told;  // by whoever plans
  TRY(const JobConfig config, ConfigOfPlan(given, "options", told));
  if (config.only_connections.empty()) return given;
  TRY(const auto streams, FetchAnyRepository(repository_url, repository_token, stop));
  if (!streams) {
    return Invalid("read --only-connection: there is no streams repository to look up in", {},
                   "give --repository-url URL, or set REPOSITORY_URL");
  }
  TRY(const auto found, StreamConnectionsOf(config.only_connections, *streams));
  return WithStreamConnections(given, found);
}

}  // namespace reprocess
