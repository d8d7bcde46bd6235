#include "api/log_streams.h"

#include <utility>

#include <fmt/format.h>

#include "api/events.h"
#include "api/problem.h"
#include "base/clock.h"
#include "views/service.h"

namespace reprocess {
namespace {

constexpr std::size_t kPiece = 64 << 10;
constexpr Milliseconds kPause{20};

class Written final : public LogsListener {
 public:
  Written(HttpServer::Outlet& outlet, std::stop_source stop)
      : outlet_(outlet), stop_(std::move(stop)) {}

  void Line(const JobLogLine& line) override { Write(EventText("line", LogLineJson(line))); }
  void Note(const std::string& text) override { Write(EventText("note", NoteJson(text))); }

  void Write(std::string text) {
    pending_ += text.size();
    if (!outlet_.Write(std::make_shared<const std::string>(std::move(text)))) stop_.request_stop();
    if (pending_ < kPiece) return;
    pending_ = 0;
    (void)SystemClock().SleepFor(kPause, stop_.get_token());
  }

 private:
  HttpServer::Outlet& outlet_;
  std::stop_source stop_;
  std::size_t pending_ = 0;
};

}  // namespace

Result<void> LogStreams::HasRoom() {
  const std::scoped_lock lock(mutex_);
  Reap();
  if (streams_.size() < kMostLogStreams) return {};
  return std::unexpected(
      Error{.remedy = Remedy::kRetry,
            .what = fmt::format("follow the logs: {} are followed already", kMostLogStreams),
            .where = {},
            .hint = "close one, or read them without follow"});
}

void LogStreams::Add(LogsRequest request, const std::string& session, const std::stop_token& stop,
                     std::shared_ptr<HttpServer::Outlet> outlet) {
  const std::scoped_lock lock(mutex_);
  if (streams_.size() >= kMostLogStreams) return outlet->End();  // others were quicker
  Stream& stream = streams_.emplace_back(Stream{session});
  stream.thread = std::jthread([this, &stream, stop, request = std::move(request),
                                outlet = std::move(outlet)](const std::stop_token& ended) {
    std::stop_source source;
    const std::stop_callback by_client(stop, [&] { source.request_stop(); });
    const std::stop_callback by_us(ended, [&] { source.request_stop(); });
    Written written(*outlet, source);
    const auto read = launcher_.ReadLogs(request, written, /*follow=*/true, source.get_token());
    if (!read && read.error().code != Code::kStopped) written.Note(read.error().ToString());
    written.Write(EventText("end", "{}"));
    outlet->End();
    const std::scoped_lock done(mutex_);
    stream.ended = true;
  });
}

void LogStreams::EndSession(const std::string& session) {
  const std::scoped_lock lock(mutex_);
  for (Stream& stream : streams_) {
    if (stream.session == session) stream.thread.request_stop();
  }
}

std::set<std::string> LogStreams::Sessions() {
  const std::scoped_lock lock(mutex_);
  Reap();
  std::set<std::string> sessions;
  for (const Stream& stream : streams_) sessions.insert(stream.session);
  return sessions;
}

// Those that have said that they are at their end have nothing more to wait for.
void LogStreams::Reap() {
  std::erase_if(streams_, [](const Stream& stream) { return stream.ended; });
}

}  // namespace reprocess
