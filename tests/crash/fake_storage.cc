#include "crash/fake_storage.h"

#include <algorithm>

#include "model/key.h"

namespace reprocess::test {
namespace {

class Source final : public ByteSource {
 public:
  Source(FakeStorage& storage, FakeStorage::Object& object, std::uint64_t at)
      : storage_(storage), object_(object), version_(object.version), at_(at) {}

  Result<std::size_t> Read(std::span<char> out) override {
    if (storage_.on_read) storage_.on_read();
    if (object_.version != version_) {
      return FileError("read: it was replaced", {}, {}, Code::kChanged);
    }
    FakeStorage::Breakage& breakage = object_.breakage;
    std::size_t most = std::min(out.size(), storage_.chunk);
    if (breakage.times > 0 && at_ <= breakage.at) {
      if (at_ == breakage.at) {
        --breakage.times;
        return std::unexpected(breakage.error);
      }
      most = std::min<std::uint64_t>(most, breakage.at - at_);
    }
    const std::size_t bytes =
        at_ < object_.bytes.size() ? object_.bytes.copy(out.data(), most, at_) : 0;
    at_ += bytes;
    return bytes;
  }

 private:
  FakeStorage& storage_;
  FakeStorage::Object& object_;
  const std::string version_;
  std::uint64_t at_;
};

}  // namespace

Error ReadError(Remedy remedy) {
  return {.remedy = remedy, .what = "read: connection reset"};
}

Result<OpenedObject> FakeStorage::Open(const FileItem& item, std::uint64_t offset,
                                       std::string_view pinned_hash, const std::stop_token&) {
  opened.push_back(item.path);
  const auto found = objects.find(item.path);
  if (found == objects.end() || found->second.missing) {
    return FileError("open: no such object", item.path, {}, Code::kNotFound);
  }
  Object& object = found->second;
  if (!pinned_hash.empty() && pinned_hash != HashText(object.version)) {
    return FileError("open: it is another version now", item.path, {}, Code::kChanged);
  }
  return OpenedObject{std::make_unique<Source>(*this, object, offset), object.version,
                      object.bytes.size()};
}

}  // namespace reprocess::test
