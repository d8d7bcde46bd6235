#include "kafka/alike.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/edit_distance.h"

namespace reprocess::kafka {
namespace {

constexpr std::size_t kMost = 5;
constexpr std::size_t kWordLetters = 4;  // shorter words are shared by chance

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::vector<std::string_view> Words(std::string_view name) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && std::isalpha(static_cast<unsigned char>(name[i])) != 0) continue;
    if (i - begin >= kWordLetters) words.push_back(name.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

// "destination" and "destinations" are one word.
bool ShareAWord(std::string_view a, std::string_view b) {
  for (const std::string_view left : Words(a)) {
    for (const std::string_view right : Words(b)) {
      if (left.starts_with(right) || right.starts_with(left)) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> TopicsAlike(std::string_view wanted, const std::vector<std::string>& all) {
  const std::string name = Lower(wanted);
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& topic : all) {
    if (topic.starts_with("__")) continue;
    const std::string candidate = Lower(topic);
    const std::size_t distance = EditDistance(name, candidate);
    if (distance <= std::max<std::size_t>(2, name.size() / 4) || ShareAWord(name, candidate)) {
      found.emplace_back(distance, topic);
    }
  }
  std::ranges::sort(found);
  if (found.size() > kMost) found.resize(kMost);
  std::vector<std::string> names;
  for (auto& [distance, topic] : found) names.push_back(std::move(topic));
  return names;
}

}  // namespace reprocess::kafka
