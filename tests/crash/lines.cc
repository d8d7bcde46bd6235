#include "crash/lines.h"

#include <cstdlib>

#include <fmt/format.h>

namespace reprocess::test {
namespace {

constexpr std::string_view kForClient = "refused by the client";
constexpr std::string_view kForBroker = "refused by the broker";

// Lines of different lengths, all different.
std::string Message(std::string_view name, std::string_view stream, std::string_view note = "") {
  return fmt::format(R"({{"n":"{}","origin":{{"sourceId":"{}"}},"x":"{}"}})", name, stream, note);
}

struct Letter {
  std::string text;
  std::optional<Reason> reason;
};

Letter LetterOf(char letter, const std::string& name) {
  switch (letter) {
    case 'g':
      return {Message(name, "src", std::string(name.size() * 7 % 11, 'x')), std::nullopt};
    case 'b':
      return {fmt::format(R"({{"n":"{}",)", name), Reason::kInvalidJson};
    case 'n':
      return {fmt::format(R"(["{}"])", name), Reason::kNotObject};
    case '.':
      return {"  ", Reason::kBlank};
    case 's':
      return {Message(name, "other"), Reason::kStream};
    case 'u':
      return {Message(name, "gone"), Reason::kUnknownStream};
    case 'd':
      return {Message(name, "idle"), Reason::kNoDestination};
    case 'o':
      return {Message(name, "src", std::string(kMaxLineBytes, 'o')), Reason::kOversized};
    case 'L':
      return {Message(name, "src", std::string(kMaxValueBytes, 'L')), Reason::kTooLarge};
    case 't':
      return {Message(name, "src", kForClient), Reason::kTooLarge};
    case 'r':
      return {Message(name, "src", kForBroker), Reason::kTooLarge};
    default:
      std::abort();
  }
}

}  // namespace

std::string PlannedFile::Text() const {
  std::string text;
  for (const PlannedLine& line : lines) text += line.text + "\n";
  if (!terminated) text.pop_back();
  return text;
}

PlannedFile PlanFile(const std::string& path, std::string_view letters) {
  PlannedFile file{path, {}, true};
  if (letters.ends_with('~')) {
    file.terminated = false;
    letters.remove_suffix(1);
  }
  std::uint64_t byte = 0;
  for (const char letter : letters) {
    Letter made = LetterOf(letter, fmt::format("{}:{}", path, file.lines.size() + 1));
    const bool last = file.lines.size() + 1 == letters.size();
    const std::uint64_t end = byte + made.text.size() + (last && !file.terminated ? 0 : 1);
    file.lines.push_back({std::move(made.text), byte, end, made.reason});
    byte = end;
  }
  return file;
}

std::string RandomLetters(std::minstd_rand& random, std::string_view letters) {
  std::string row;
  for (auto runs = 2 + random() % 6; runs > 0; --runs) {
    const auto length = 1 + random() % 9;
    row.append(length, letters[random() % letters.size()]);
  }
  return row;
}

StreamMap StreamsOfLetters() {
  return {{"src", "c1,c2"}, {"other", "c3"}, {"idle", ""}};
}

JobConfig ConfigOfLetters() {
  JobConfig config;
  config.stream_ids = {"src", "gone", "idle"};
  return config;
}

bool ClientRefuses(std::string_view value) {
  return value.find(kForClient) != std::string_view::npos;
}
bool BrokerRefuses(std::string_view value) {
  return value.find(kForBroker) != std::string_view::npos;
}

}  // namespace reprocess::test
