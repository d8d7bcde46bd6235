#include "model/stream_map.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <new>

namespace reprocess {
namespace {

constexpr std::size_t kFewestSlots = 16;

}  // namespace

std::vector<std::string_view> ConnectionsIn(std::string_view connections) {
  std::vector<std::string_view> ids;
  while (!connections.empty()) {
    const std::string_view one = connections.substr(0, connections.find(','));
    ids.push_back(one);
    connections.remove_prefix(std::min(connections.size(), one.size() + 1));
  }
  return ids;
}

struct StreamMap::Entry {
  std::uint32_t id_size, connections_size;

  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view id() const { return {text(), id_size}; }
  std::string_view connections() const { return {text() + id_size, connections_size}; }
};

void StreamMap::Set(std::string_view id, std::string_view connections) {
  if ((size_ + 1) * 4 > slots_.size() * 3) Grow();
  void* const place =
      texts_->allocate(sizeof(Entry) + id.size() + connections.size(), alignof(Entry));
  const auto* entry = new (place)
      Entry{static_cast<std::uint32_t>(id.size()), static_cast<std::uint32_t>(connections.size())};
  char* const text = static_cast<char*>(place) + sizeof(Entry);
  std::ranges::copy(connections, std::ranges::copy(id, text).out);
  const std::size_t slot = SlotOf(id);
  if (slots_[slot] == nullptr) ++size_;
  slots_[slot] = entry;
}

std::optional<std::string_view> StreamMap::Find(std::string_view id) const {
  if (slots_.empty()) return std::nullopt;
  const Entry* const entry = slots_[SlotOf(id)];
  if (entry == nullptr) return std::nullopt;
  return entry->connections();
}

void StreamMap::ForEach(
    const std::function<void(std::string_view id, std::string_view connections)>& look) const {
  for (const Entry* entry : slots_) {
    if (entry != nullptr) look(entry->id(), entry->connections());
  }
}

// Where the stream is, or the free slot where it would be: there always is one.
std::size_t StreamMap::SlotOf(std::string_view id) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>()(id) & mask;
  while (slots_[at] != nullptr && slots_[at]->id() != id) at = (at + 1) & mask;
  return at;
}

void StreamMap::Grow() {
  const std::vector<const Entry*> old =
      std::exchange(slots_, std::vector<const Entry*>(std::max(kFewestSlots, slots_.size() * 2)));
  for (const Entry* entry : old) {
    if (entry != nullptr) slots_[SlotOf(entry->id())] = entry;
  }
}

}  // namespace reprocess
