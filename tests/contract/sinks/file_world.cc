#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "contract/sinks/sink_world.h"
#include "filesink/file_sink.h"

namespace reprocess::test {
namespace {

namespace fs = std::filesystem;

std::string Text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return (std::ostringstream() << file.rdbuf()).str();
}

class Files final : public SinkWorld {
 public:
  Files() {
    std::string name = (fs::temp_directory_path() / "sink_contract_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    directory_ = name;
  }
  ~Files() override { fs::remove_all(directory_); }

  std::unique_ptr<Sink> Make() override { return *MakeFileSink(directory_, {"job", 0}); }

  // A reader takes as many bytes as the checkpoint names.
  std::vector<Record> Visible() override {
    std::istringstream checkpoint(Text(directory_ + "/job/0.checkpoint"));
    std::size_t bytes = 0;
    checkpoint >> bytes;
    std::istringstream data(Text(directory_ + "/job/0.ndjson").substr(0, bytes));
    std::vector<Record> records;
    for (std::string line; std::getline(data, line);) {
      records.push_back({.value = line, .key = {}, .header = {}});
    }
    return records;
  }

 private:
  std::string directory_;
};

class Nothing final : public SinkWorld {
 public:
  std::unique_ptr<Sink> Make() override { return MakeNullSink(); }
  std::vector<Record> Visible() override { return {}; }
  bool HasRecords() const override { return false; }
};

}  // namespace

std::unique_ptr<SinkWorld> FileWorld() {
  return std::make_unique<Files>();
}
std::unique_ptr<SinkWorld> NullWorld() {
  return std::make_unique<Nothing>();
}

}  // namespace reprocess::test
