// The streamed reader of the repository's answer finds what reading it into a tree finds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/repository.h"
#include "second_json.h"

using namespace reprocess;

namespace {

using Connections = std::map<std::string, std::string>;

// The connections of counting destinations, joined.
std::optional<std::string> ConnectionsOf(const json& element) {
  const json* destinations = Member(element, "destinations");
  if (destinations == nullptr) return "";
  if (!destinations->is_array()) return std::nullopt;
  std::string joined;
  for (const json& destination : *destinations) {
    if (!destination.is_object()) return std::nullopt;
    const auto id = TextOf(destination, "id"), type = TextOf(destination, "destinationType"),
               connection = TextOf(destination, "connectionId");
    if (!id || !type || !connection) return std::nullopt;
    if (id->empty() || type->empty() || connection->empty()) continue;
    joined += (joined.empty() ? "" : ",") + *connection;
  }
  return joined;
}

std::optional<Connections> ReadNaively(const json& root) {
  if (!root.is_array()) return std::nullopt;
  Connections found;
  for (const json& element : root) {
    const json* stream = element.is_object() ? Member(element, "stream") : nullptr;
    if (stream == nullptr || !stream->is_object()) return std::nullopt;
    const auto id = TextOf(*stream, "id"), connections = ConnectionsOf(element);
    if (!id || id->empty() || !connections) return std::nullopt;
    found.insert_or_assign(*id, *connections);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<StreamMap> streams = ParseRepository(text);
  const std::string_view verb = "read streams repository: ";
  if (!streams &&
      (!streams.error().what.starts_with(verb) || streams.error().what.size() == verb.size())) {
    std::abort();
  }
  const Tree tree = TreeOf(text);
  if (tree.repeats_keys) return 0;
  if (tree.root.is_discarded()) {
    // The tree's reader refuses an escaped lone surrogate; ours takes it for U+FFFD.
    const bool surrogate =
        text.find("\\ud") != std::string::npos || text.find("\\uD") != std::string::npos;
    if (streams && !surrogate) std::abort();
    return 0;
  }
  const auto naive = ReadNaively(tree.root);
  if (streams.has_value() != naive.has_value()) std::abort();
  if (!streams) return 0;
  if (streams->size() != naive->size()) std::abort();
  for (const auto& [id, connections] : *naive) {
    if (streams->Find(id) != connections) std::abort();
  }
  return 0;
}
