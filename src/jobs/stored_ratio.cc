#include "jobs/stored_ratio.h"

#include <algorithm>
#include <memory>

#include "decode/line_reader.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kSampleBytes = 16 << 20;

// Counts what was read, all but the last piece, which may not have been used yet.
class CountingSource final : public ByteSource {
 public:
  CountingSource(std::unique_ptr<ByteSource> inner, std::uint64_t& used)
      : inner_(std::move(inner)), used_(used) {}
  Result<std::size_t> Read(std::span<char> out) override {
    used_ += last_;
    auto read = inner_->Read(out);
    last_ = read ? *read : 0;
    return read;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::uint64_t& used_;
  std::uint64_t last_ = 0;
};

}  // namespace

bool LooksCompressed(std::string_view path) {
  return path.ends_with(".gz") || path.ends_with(".zst");
}

double SampleStoredRatio(Storage& storage, const std::vector<FileItem>& files,
                         const std::stop_token& stop) {
  const FileItem* largest = nullptr;
  for (const auto& file : files) {
    if (LooksCompressed(file.path) && (largest == nullptr || file.size > largest->size))
      largest = &file;
  }
  if (largest == nullptr) return 1;
  std::uint64_t used = 0;
  const auto opener = [&](std::uint64_t offset) -> Result<OpenedObject> {
    TRY(OpenedObject object, storage.Open(*largest, offset, {}, stop));
    used = 0;
    object.bytes = std::make_unique<CountingSource>(std::move(object.bytes), used);
    return object;
  };
  auto reader = LineReader::Open(opener, {}, {});
  if (!reader) return kGuessedRatio;
  std::uint64_t inflated = 0;
  while (inflated < kSampleBytes) {
    const auto batch = (*reader)->Next();
    if (!batch || batch->lines.empty()) break;
    inflated = batch->after.byte;
  }
  return used == 0 ? kGuessedRatio
                   : std::max(1.0, static_cast<double>(inflated) / static_cast<double>(used));
}

std::uint64_t StoredBytesAt(const FileItem& file, std::uint64_t byte, double ratio) {
  const std::uint64_t into = byte - std::min(byte, file.offset);
  const double stored = static_cast<double>(into) / (LooksCompressed(file.path) ? ratio : 1);
  return std::min(ListedBytes(file), static_cast<std::uint64_t>(stored));
}

}  // namespace reprocess
