#include "contract/sinks/sink_world.h"

#include "base/patience.h"

namespace reprocess::test {

Result<std::optional<std::string>> ReadPatiently(Sink& sink) {
  const Patience patience{
      SystemClock(), SystemClock().Now() + Milliseconds{30'000}, {}, [](const std::string&) {}};
  return Patiently<std::optional<std::string>>(
      patience, [](const Error& error) { return error.remedy != Remedy::kStop; },
      [&] { return sink.ReadCheckpoint(Read::kStable); });
}

Batch BatchOf(const std::vector<Message>& messages, std::uint64_t first_byte) {
  std::size_t bytes = 0;
  for (const Message& message : messages) bytes += message.value.size() + 1;
  Batch batch;
  batch.buffer = std::make_shared<Buffer>(bytes);
  batch.file_key = FileKeyOf("/logs/a.ndjson");
  char* text = batch.buffer->data();
  for (const Message& message : messages) {
    message.value.copy(text, message.value.size());
    text[message.value.size()] = '\n';
    Line line;
    line.text = text;
    line.size = static_cast<std::uint32_t>(message.value.size());
    line.first_byte = first_byte;
    line.end_byte = first_byte += message.value.size() + 1;
    line.connection_ids = message.connection_ids;
    line.verdict = message.verdict;
    batch.lines.push_back(line);
    text += message.value.size() + 1;
  }
  return batch;
}

std::vector<Record> RecordsOf(const Batch& batch, bool with_keys) {
  std::vector<Record> records;
  for (const Line& line : batch.lines) {
    if (line.verdict != Verdict::kSend) continue;
    Record record{.value = std::string(line.text, line.size), .key = {}, .header = {}};
    if (with_keys) {
      const KeyText key = LineKeyOf(batch.file_key, line.first_byte);
      record.key.assign(key.begin(), key.end());
      if (!line.connection_ids.empty()) record.header = line.connection_ids;
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace reprocess::test
