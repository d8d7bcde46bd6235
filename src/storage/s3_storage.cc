#include "storage/s3_storage.h"

#include <algorithm>
#include <mutex>

#include "storage/s3_client.h"
#include "storage/s3_list.h"
#include "storage/s3_look.h"
#include "storage/s3_reader.h"

namespace reprocess {
namespace {

class S3Storage final : public Storage {
 public:
  S3Storage(const S3Settings& settings, Environment environment, Notice notice, Clock& clock,
            std::function<void()> retried)
      : settings_(settings),
        environment_(std::move(environment)),
        notice_(std::move(notice)),
        clock_(clock),
        retried_(std::move(retried)) {}

  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                            std::string_view pinned_hash, const std::stop_token& stop) override {
    TRY_OK(Connect());
    if (!reader_) {
      TRY(reader_, MakeS3Reader(*client_));
    }
    return reader_->Open(item, offset, pinned_hash, stop);
  }

  void Prefetch(const FileItem& item) override {
    if (reader_) reader_->Prefetch(item);
  }

  Result<std::vector<ListedObject>> List(std::string_view path) override {
    std::vector<ListedObject> objects;
    TRY_OK(ListEach(path, [&](ListedObject&& object) { objects.push_back(std::move(object)); }));
    std::ranges::sort(objects, {}, &ListedObject::path);
    const auto again = std::ranges::unique(objects, {}, &ListedObject::path);
    objects.erase(again.begin(), again.end());
    return objects;
  }

  Result<void> ListEach(std::string_view path, const TakeListed& take) override {
    TRY_OK(Connect());
    return ListS3(*client_, path, take);
  }

  Result<ListedObject> Look(const FileItem& item, const std::stop_token& stop) override {
    TRY_OK(Connect());
    return LookAtS3(*client_, item, stop);
  }

 private:
  Result<void> Connect() {
    const std::scoped_lock lock(connecting_);
    if (client_) return {};
    S3Settings settings = settings_;
    TRY(settings.endpoint, S3EndpointOf(settings_, environment_));
    TRY(std::string region, S3RegionOf(settings, environment_));
    std::unique_ptr<S3Identity> identity;
    if (!settings.anonymous) {
      TRY(identity, MakeS3Identity(settings, environment_, clock_, notice_));
    }
    client_ = std::make_unique<S3Client>(std::move(settings), std::move(region),
                                         std::move(identity), clock_, retried_);
    return {};
  }

  const S3Settings settings_;
  const Environment environment_;
  const Notice notice_;
  Clock& clock_;
  const std::function<void()> retried_;
  std::mutex connecting_;
  std::unique_ptr<S3Client> client_;
  std::unique_ptr<S3Reader> reader_;
};

}  // namespace

std::unique_ptr<Storage> MakeS3Storage(const S3Settings& settings, Environment environment,
                                       Notice notice, Clock& clock, std::function<void()> retried) {
  return std::make_unique<S3Storage>(settings, std::move(environment), std::move(notice), clock,
                                     std::move(retried));
}

}  // namespace reprocess
