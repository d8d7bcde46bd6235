// What the contract suite needs to know of a kind of sink: how to make one, and what a reader sees.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/sink.h"

namespace reprocess::test {

struct Record {
  std::string value;
  std::string key;                    // empty where the destination has no keys
  std::optional<std::string> header;  // connection_ids
  bool operator==(const Record&) const = default;
};

// As often as it takes, as replay/ does: a group has no coordinator for a while in a new cluster, and
// after its broker was away.
Result<std::optional<std::string>> ReadPatiently(Sink& sink);

// One shard of one job, fresh for each test.
class SinkWorld {
 public:
  virtual ~SinkWorld() = default;
  virtual std::unique_ptr<Sink> Make() = 0;
  // What a reader of committed records sees, in no particular order.
  virtual std::vector<Record> Visible() = 0;

  virtual bool HasRecords() const { return true; }
  virtual bool HasKeys() const { return false; }
};

using WorldMaker = std::unique_ptr<SinkWorld> (*)();
std::unique_ptr<SinkWorld> NullWorld();
std::unique_ptr<SinkWorld> FileWorld();
std::unique_ptr<SinkWorld> KafkaWorld();
std::unique_ptr<SinkWorld> KafkaWithoutTransactionsWorld();

struct Message {
  std::string value;
  std::string_view connection_ids{};
  Verdict verdict = Verdict::kSend;
};
// Lines of the file "/logs/a.ndjson", the first of them at byte `first_byte`.
Batch BatchOf(const std::vector<Message>& messages, std::uint64_t first_byte = 0);
// The records that a batch's kSend lines should become.
std::vector<Record> RecordsOf(const Batch& batch, bool with_keys);

}  // namespace reprocess::test
