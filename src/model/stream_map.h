// Stream id → the connection_ids header of its messages: the repository, cut down to that.
//
//   memory     both texts of a stream and 20 to 30 bytes; a text that is replaced is not given back
//   ownership  views that Find returns stay valid as long as the map, which may be moved
//   threads    reading from several at a time is fine
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace reprocess {

// The ids in the text of a connection_ids header, in order.
std::vector<std::string_view> ConnectionsIn(std::string_view connections);

class StreamMap {
 public:
  using Stream = std::pair<std::string_view, std::string_view>;  // id, connections

  StreamMap() = default;
  StreamMap(std::initializer_list<Stream> streams) {
    for (const auto& [id, connections] : streams) Set(id, connections);
  }

  // In place of what the stream had. No connections: it has no destination that counts.
  void Set(std::string_view id, std::string_view connections);
  std::optional<std::string_view> Find(std::string_view id) const;
  void ForEach(
      const std::function<void(std::string_view id, std::string_view connections)>& look) const;
  std::size_t size() const { return size_; }

 private:
  struct Entry;  // its texts follow it

  std::size_t SlotOf(std::string_view id) const;
  void Grow();

  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts_ =
      std::make_unique<std::pmr::monotonic_buffer_resource>();
  std::vector<const Entry*> slots_;  // a power of two; an entry lies at its hash or past it
  std::size_t size_ = 0;
};

}  // namespace reprocess
