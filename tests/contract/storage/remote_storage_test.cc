// What else holds of a storage that can keep its reader waiting.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "net/server_for_tests.h"
#include "storage/s3_storage.h"

namespace reprocess::test {
namespace {

// Answers with `text`, and then says nothing more.
class SilentService {
 public:
  explicit SilentService(std::string text)
      : server_([this, text = std::move(text)](const std::string&) {
          const std::scoped_lock lock(mutex_);
          asked_ = true;
          changed_.notify_all();
          return text;
        }) {}
  void WaitUntilAsked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_; });
  }
  std::unique_ptr<Storage> Reached() const {
    S3Settings settings;
    settings.endpoint = server_.url("");
    settings.anonymous = true;
    settings.part_tries = 1'000'000;
    settings.retry_wait = Milliseconds{3'600'000};
    return MakeS3Storage(
        settings, [](const std::string&) { return std::nullopt; }, {}, SystemClock());
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  Server server_;
};

FileItem Item() {
  FileItem item;
  item.path = "s3://bucket/a.ndjson";
  return item;
}

TEST(RemoteStorage, AStopEndsAnOpenThatWaitsForTheService) {
  SilentService service("");
  const auto storage = service.Reached();
  std::stop_source stop;
  const std::jthread operator_([&] {
    service.WaitUntilAsked();
    stop.request_stop();
  });
  const auto object = storage->Open(Item(), 0, {}, stop.get_token());
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kStopped) << object.error().ToString();
}

TEST(RemoteStorage, AStopEndsAReadThatWaitsForMore) {
  SilentService service(
      "HTTP/1.1 206 Partial Content\r\nETag: \"e\"\r\nContent-Length: 10\r\n"
      "Content-Range: bytes 0-9/10\r\n\r\n01234");
  const auto storage = service.Reached();
  std::stop_source stop;
  const auto object = storage->Open(Item(), 0, {}, stop.get_token());
  ASSERT_TRUE(object) << object.error().ToString();
  std::string piece(5, '\0');
  const auto first = object->bytes->Read(piece);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ(piece, "01234");
  const std::jthread operator_([&] { stop.request_stop(); });
  const auto second = object->bytes->Read(piece);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kStopped) << second.error().ToString();
}

TEST(RemoteStorage, AStopEndsTheWaitBetweenTwoTries) {
  SilentService service("HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  const auto storage = service.Reached();
  std::stop_source stop;
  const std::jthread operator_([&] {
    service.WaitUntilAsked();
    stop.request_stop();
  });
  const auto object = storage->Open(Item(), 0, {}, stop.get_token());
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kStopped) << object.error().ToString();
}

}  // namespace
}  // namespace reprocess::test
