#include "storage/make_storage.h"

#include "storage/local_storage.h"
#include "storage/s3_storage.h"
#include "storage/s3_url.h"

namespace reprocess {
namespace {

class RoutingStorage final : public Storage {
 public:
  RoutingStorage(const Settings& settings, Environment environment, Notice notice,
                 std::function<void()> retried)
      : local_(MakeLocalStorage(settings.local_root)),
        s3_(MakeS3Storage(settings.s3, std::move(environment), std::move(notice), SystemClock(),
                          std::move(retried))) {}

  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                            std::string_view pinned_hash, const std::stop_token& stop) override {
    return For(item.path).Open(item, offset, pinned_hash, stop);
  }
  void Prefetch(const FileItem& item) override { For(item.path).Prefetch(item); }
  Result<std::vector<ListedObject>> List(std::string_view path) override {
    return For(path).List(path);
  }
  Result<void> ListEach(std::string_view path, const TakeListed& take) override {
    return For(path).ListEach(path, take);
  }
  Result<ListedObject> Look(const FileItem& item, const std::stop_token& stop) override {
    return For(item.path).Look(item, stop);
  }

 private:
  Storage& For(std::string_view path) const { return path.starts_with(kS3Scheme) ? *s3_ : *local_; }

  const std::unique_ptr<Storage> local_, s3_;
};

}  // namespace

std::unique_ptr<Storage> MakeStorage(const Settings& settings, Environment environment,
                                     Notice notice, std::function<void()> retried) {
  return std::make_unique<RoutingStorage>(settings, std::move(environment), std::move(notice),
                                          std::move(retried));
}

StorageMaker StorageMakerIn(Environment environment) {
  return [environment = std::move(environment)](const Settings& settings, Notice notice,
                                                std::function<void()> retried) {
    return MakeStorage(settings, environment, std::move(notice), std::move(retried));
  };
}

}  // namespace reprocess
