#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "contract/storage/storage_world.h"
#include "net/uri_encoding.h"
#include "storage/s3_storage.h"
#include "storage/s3_url.h"

namespace reprocess::test {
namespace {

std::string Given(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error(fmt::format("{} is not set: run this through with_s3.sh", name));
  }
  return value;
}

// Nothing of AWS's but the keys, wherever the tests run.
std::optional<std::string> Keys(const std::string& name) {
  if (name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY") return Given(name.c_str());
  return std::nullopt;
}

std::size_t Drop(char*, std::size_t, std::size_t size, void*) {
  return size;
}

// Puts by libcurl, which has a signer of its own.
class Putter {
 public:
  void Put(const std::string& url, std::string_view bytes) {
    CURL* const easy = easy_.get();
    curl_easy_reset(easy);
    const std::string keys = Given("AWS_ACCESS_KEY_ID") + ":" + Given("AWS_SECRET_ACCESS_KEY");
    curl_slist* const headers =
        curl_slist_append(curl_slist_append(nullptr, "x-amz-content-sha256: UNSIGNED-PAYLOAD"),
                          "Content-Type: application/octet-stream");
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes.empty() ? "" : bytes.data());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3");
    curl_easy_setopt(easy, CURLOPT_USERPWD, keys.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Drop);
    const CURLcode code = curl_easy_perform(easy);
    curl_slist_free_all(headers);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
      throw std::runtime_error(
          fmt::format("cannot put {}: {}, HTTP {}", url, curl_easy_strerror(code), status));
    }
  }

 private:
  struct Closer {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  std::unique_ptr<CURL, Closer> easy_{curl_easy_init()};
};

class S3 final : public StorageWorld {
 public:
  S3() {
    static std::atomic<int> number = 0;
    bucket_ = fmt::format("contract-{}-{}", ::getpid(), ++number);
    putter_.Put(endpoint_ + "/" + bucket_, {});
  }

  std::unique_ptr<Storage> Make() override { return Make(false); }
  std::string Path(std::string_view name) const override {
    return fmt::format("s3://{}/{}", bucket_, name);
  }
  void Put(std::string_view name, std::string_view bytes) override {
    putter_.Put(fmt::format("{}/{}/{}", endpoint_, bucket_, UriEncoded(name, Slash::kKept)), bytes);
  }
  void AsStranger(const std::function<void(Storage&)>& act) override { act(*Make(true)); }

 private:
  std::unique_ptr<Storage> Make(bool anonymous) const {
    S3Settings settings;
    settings.endpoint = endpoint_;
    settings.region = "us-east-1";
    settings.anonymous = anonymous;
    settings.part_bytes = kPartBytes;
    settings.retry_wait = Milliseconds{1};
    return MakeS3Storage(settings, &Keys, {}, SystemClock());
  }

  const std::string endpoint_ = Given("AWS_ENDPOINT_URL_S3");
  std::string bucket_;
  Putter putter_;
};

}  // namespace

std::unique_ptr<StorageWorld> S3World() {
  return std::make_unique<S3>();
}

}  // namespace reprocess::test
