#include "storage/s3_reader.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "model/etag.h"
#include "model/key.h"
#include "net/transfers.h"
#include "storage/s3_stream.h"

namespace reprocess {
namespace {

// A reader is woken for a piece, not for every packet: with TLS that saves a CPU second a GB.
constexpr std::size_t kPieceBytes = 512 << 10;
constexpr std::size_t kLookBytes = 64;  // who has read more than this is reading, not looking
constexpr Milliseconds kIdle{1'000};

Error Replaced(const std::string& path) {
  return S3AnswerError("read", path, 412, {});
}

// What is published of the slot and not consumed, as far as one piece has it.
Chunk NextOf(const S3Stream::Slot& slot) {
  const std::size_t piece = slot.part->piece_bytes(), at = slot.consumed % piece;
  const std::size_t bytes = std::min(slot.published - slot.consumed, piece - at);
  const std::size_t begin = S3Part::kRoom + at;
  return {slot.part->PieceOf(slot.consumed), begin, begin + bytes};
}

class Reader final : public S3Reader {
 public:
  Reader(S3Client& client, std::unique_ptr<Transfers> transfers)
      : client_(client),
        transfers_(std::move(transfers)),
        pool_(S3Part::kRoom + std::min<std::size_t>(kPieceBytes, client.settings().part_bytes)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  ~Reader() override {
    thread_.request_stop();
    transfers_->Wake();
    thread_.join();
  }

  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                            std::string_view pinned_hash, const std::stop_token& stop) override;
  void Prefetch(const FileItem& item) override;

  Result<std::size_t> Read(S3Stream& stream, std::span<char> out, const std::stop_token& stop);
  Result<Chunk> Take(S3Stream& stream, std::size_t room, const std::stop_token& stop);
  void Close(S3Stream& stream);

 private:
  // The transfer thread.
  void Run(const std::stop_token& stop);
  void Reap();
  bool Begin(const std::stop_token& stop);
  S3Stream* WantsPart();
  Milliseconds Restart(const std::stop_token& stop);
  void Publish();
  void PublishStream(S3Stream& stream, bool& any);

  S3Stream& StreamFor(const FileItem& item, S3Url url, std::uint64_t offset);
  Result<OpenedObject> OpenEmpty(const FileItem& item, std::uint64_t offset, S3Stream& stream,
                                 const std::stop_token& stop);

  // The reader's.
  template <class Enough>
  bool Await(std::unique_lock<std::mutex>& lock, S3Stream& stream, const std::stop_token& stop,
             Enough enough);
  void Consumed(S3Stream& stream, std::size_t bytes);
  bool DropSpent(S3Stream& stream);

  S3Client& client_;
  const std::unique_ptr<Transfers> transfers_;
  const BufferPool pool_;
  S3Exchange exchange_;
  std::jthread thread_;
};

class Source final : public ByteSource {
 public:
  Source(Reader& reader, S3Stream& stream, std::stop_token stop)
      : reader_(reader), stream_(stream), stop_(std::move(stop)) {}
  ~Source() override { reader_.Close(stream_); }
  Result<std::size_t> Read(std::span<char> out) override {
    return reader_.Read(stream_, out, stop_);
  }
  Result<Chunk> Take(std::size_t room) override { return reader_.Take(stream_, room, stop_); }

 private:
  Reader& reader_;
  S3Stream& stream_;
  const std::stop_token stop_;
};

// The object that was read ahead, or a new stream; what was read ahead otherwise is given up.
S3Stream& Reader::StreamFor(const FileItem& item, S3Url url, std::uint64_t offset) {
  const std::scoped_lock lock(exchange_.mutex);
  S3Stream* found = nullptr;
  for (const auto& stream : exchange_.streams) {
    if (stream->opened || stream->closed) continue;
    const bool same = offset == 0 && stream->object.path == item.path &&
                      stream->object.version_id == item.version_id;
    if (same && found == nullptr) {
      found = stream.get();
    } else {
      stream->closed = true;
    }
  }
  if (found == nullptr) {
    exchange_.streams.push_back(std::make_unique<S3Stream>(
        S3Object{std::move(url), item.path, item.version_id, {}, {}}, offset));
    found = exchange_.streams.back().get();
  }
  found->opened = found->waiting = true;
  transfers_->Wake();
  return *found;
}

Result<OpenedObject> Reader::Open(const FileItem& item, std::uint64_t offset,
                                  std::string_view pinned_hash, const std::stop_token& stop) {
  TRY(S3Url url, ParseS3Url(item.path));
  if (url.key.empty()) {
    return FileError("open: a bucket is no object", item.path, "name an object as s3://bucket/key",
                     Code::kInvalid);
  }
  S3Stream& stream = StreamFor(item, std::move(url), offset);
  OpenedObject opened;
  opened.bytes = std::make_unique<Source>(*this, stream, stop);
  {
    std::unique_lock lock(exchange_.mutex);
    const bool answered = exchange_.changed.wait(
        lock, stop, [&] { return stream.size || stream.error || stream.nothing_there; });
    stream.waiting = false;
    if (!answered) return Stopped("read");
    if (!stream.size && stream.error) return std::unexpected(*stream.error);
    if (stream.size) {
      opened.version_tag = VersionTag(stream.etag, item.version_id);
      opened.size = *stream.size;
    }
  }
  if (opened.version_tag.empty()) {
    TRY(OpenedObject empty, OpenEmpty(item, offset, stream, stop));
    opened.version_tag = std::move(empty.version_tag);
    opened.size = empty.size;
  }
  if (!pinned_hash.empty() && HashText(opened.version_tag) != pinned_hash) {
    Error error = Replaced(item.path);
    error.what = "open: the object is no longer the version that reading began with";
    return std::unexpected(std::move(error));
  }
  return opened;
}

// There is nothing at or past `offset`, and the service did not say of which version that is true.
Result<OpenedObject> Reader::OpenEmpty(const FileItem& item, std::uint64_t offset, S3Stream& stream,
                                       const std::stop_token& stop) {
  TRY(S3Url url, ParseS3Url(item.path));
  S3Request request{.method = "HEAD", .url = std::move(url)};
  if (!item.version_id.empty()) request.query.emplace_back("versionId", item.version_id);
  TRY(const HttpResponse head, client_.Send(request, "open", item.path, stop));
  OpenedObject opened;
  opened.size =
      std::strtoull(std::string(HeaderOf(head.headers, "content-length")).c_str(), nullptr, 10);
  opened.version_tag = VersionTag(HeaderOf(head.headers, "etag"), item.version_id);
  if (opened.size != offset) return std::unexpected(Replaced(item.path));
  const std::scoped_lock lock(exchange_.mutex);
  stream.size = opened.size;
  stream.next = opened.size;
  return opened;
}

void Reader::Prefetch(const FileItem& item) {
  Result<S3Url> url = ParseS3Url(item.path);
  if (!url || url->key.empty()) return;  // Open will say so
  const std::scoped_lock lock(exchange_.mutex);
  for (const auto& stream : exchange_.streams) {
    if (!stream->opened && !stream->closed && stream->object.path == item.path) return;
  }
  auto stream =
      std::make_unique<S3Stream>(S3Object{*std::move(url), item.path, item.version_id, {}, {}}, 0);
  stream->eager = true;
  exchange_.streams.push_back(std::move(stream));
  transfers_->Wake();
}

// Until the first slot has enough, or nothing more will come: then no slot is left. False: asked
// to stop.
template <class Enough>
bool Reader::Await(std::unique_lock<std::mutex>& lock, S3Stream& stream,
                   const std::stop_token& stop, Enough enough) {
  const auto settled = [&] {
    while (DropSpent(stream)) {
    }
    if (!stream.slots.empty()) return static_cast<bool>(enough(stream.slots.front()));
    return stream.error || stream.nothing_there || (stream.size && stream.next >= *stream.size);
  };
  if (settled()) return true;
  stream.waiting = true;
  if (stream.slots.empty()) transfers_->Wake();  // its part comes before any other
  const bool come = exchange_.changed.wait(lock, stop, settled);
  stream.waiting = false;
  return come;
}

Result<std::size_t> Reader::Read(S3Stream& stream, std::span<char> out,
                                 const std::stop_token& stop) {
  if (out.empty()) return 0;
  std::unique_lock lock(exchange_.mutex);
  const auto any = [](const S3Stream::Slot& slot) { return slot.published > slot.consumed; };
  if (!Await(lock, stream, stop, any)) return Stopped("read");
  if (stream.slots.empty()) {
    if (stream.error) return std::unexpected(*stream.error);
    return 0;
  }
  const Chunk next = NextOf(stream.slots.front());
  const std::size_t bytes = std::min(out.size(), next.end - next.begin);
  lock.unlock();
  std::memcpy(out.data(), next.buffer->data() + next.begin, bytes);
  lock.lock();
  Consumed(stream, bytes);
  return bytes;
}

// A piece is given away when nothing more will be written to it.
Result<Chunk> Reader::Take(S3Stream& stream, std::size_t room, const std::stop_token& stop) {
  std::unique_lock lock(exchange_.mutex);
  const auto whole = [](const S3Stream::Slot& slot) {
    const std::size_t piece = slot.part->piece_bytes();
    return slot.complete || slot.published / piece > slot.consumed / piece;
  };
  if (!Await(lock, stream, stop, whole)) return Stopped("read");
  if (stream.slots.empty()) return Chunk{};
  Chunk next = NextOf(stream.slots.front());
  if (next.begin < room) return Chunk{};
  Consumed(stream, next.end - next.begin);
  return next;
}

// Of the first slot. Called with the mutex held, as is the next.
void Reader::Consumed(S3Stream& stream, std::size_t bytes) {
  S3Stream::Slot& slot = stream.slots.front();
  std::shared_ptr<Buffer>& piece = slot.part->PieceOf(slot.consumed);
  slot.consumed += bytes;
  if (slot.consumed % slot.part->piece_bytes() == 0) piece.reset();
  if (!stream.eager && slot.consumed > kLookBytes) {
    stream.eager = true;
    transfers_->Wake();
  }
  DropSpent(stream);
}

bool Reader::DropSpent(S3Stream& stream) {
  if (stream.slots.empty()) return false;
  const S3Stream::Slot& slot = stream.slots.front();
  if (!slot.complete || slot.consumed < slot.published) return false;
  stream.slots.pop_front();
  transfers_->Wake();
  return true;
}

void Reader::Close(S3Stream& stream) {
  const std::scoped_lock lock(exchange_.mutex);
  stream.closed = true;
  transfers_->Wake();
}

void Reader::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Reap();
    while (Begin(stop)) {
    }
    const Milliseconds wait = Restart(stop);
    Publish();  // what could not even be sent
    transfers_->Drive(wait);
    Publish();
  }
  const std::scoped_lock lock(exchange_.mutex);
  for (const auto& stream : exchange_.streams) stream->closed = true;
  for (const auto& stream : exchange_.streams) {
    for (auto& slot : stream->slots) transfers_->Cancel(*slot.part);
  }
}

void Reader::Reap() {
  const std::scoped_lock lock(exchange_.mutex);
  std::erase_if(exchange_.streams, [&](const std::unique_ptr<S3Stream>& stream) {
    if (!stream->closed) return false;
    for (auto& slot : stream->slots) transfers_->Cancel(*slot.part);
    return true;
  });
}

// The stream whose next part is to be fetched now. Called with the mutex held.
S3Stream* Reader::WantsPart() {
  const auto more = [](const S3Stream& stream) {
    if (stream.closed || stream.error || stream.nothing_there) return false;
    if (stream.size && stream.next >= *stream.size) return false;
    // Size and version are known from the first answer on: until then one part is all.
    return stream.slots.empty() || (stream.eager && stream.size);
  };
  for (const auto& stream : exchange_.streams) {
    if (stream->opened && stream->waiting && stream->slots.empty() && more(*stream)) {
      return stream.get();
    }
  }
  if (exchange_.slots() >= client_.settings().parts) return nullptr;
  for (const bool opened : {true, false}) {
    for (const auto& stream : exchange_.streams) {
      if (stream->opened == opened && more(*stream)) return stream.get();
    }
  }
  return nullptr;
}

bool Reader::Begin(const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  const std::scoped_lock lock(exchange_.mutex);
  S3Stream* const stream = WantsPart();
  if (stream == nullptr) return false;
  auto part = std::make_unique<S3Part>(client_, stream->object, stream->next, pool_);
  stream->next = part->end();
  stream->slots.emplace_back(std::move(part));
  return true;
}

// Sends what is due; how long until the next is. Requests are signed without the mutex: that may
// have to wait for new credentials, and readers still have bytes to take.
Milliseconds Reader::Restart(const std::stop_token& stop) {
  std::vector<S3Part*> due;
  Milliseconds wait = kIdle;
  {
    const std::scoped_lock lock(exchange_.mutex);
    const SteadyTime now = client_.clock().Now();
    for (const auto& stream : exchange_.streams) {
      for (auto& slot : stream->slots) {
        if (slot.part->state() != S3Part::State::kWaiting) continue;
        if (slot.part->due() <= now) {
          due.push_back(slot.part.get());
        } else {
          wait = std::min(wait, std::chrono::ceil<Milliseconds>(slot.part->due() - now));
        }
      }
    }
  }
  for (S3Part* const part : due) part->Start(*transfers_, stop);
  return wait;
}

void Reader::Publish() {
  const std::scoped_lock lock(exchange_.mutex);
  bool any = false;
  for (const auto& stream : exchange_.streams) PublishStream(*stream, any);
  if (any) exchange_.changed.notify_all();
}

void Reader::PublishStream(S3Stream& stream, bool& any) {
  if (!stream.size && stream.object.size) {
    stream.size = stream.object.size;
    stream.etag = stream.object.etag;
    stream.next = std::min(stream.next, *stream.size);
    any = true;
  }
  for (std::size_t at = 0; at < stream.slots.size(); ++at) {
    S3Stream::Slot& slot = stream.slots[at];
    const S3Part& part = *slot.part;
    const bool settled = part.state() != S3Part::State::kRunning;
    const auto pieces = [&](std::size_t bytes) { return bytes / part.piece_bytes(); };
    if (settled ? part.received() > slot.published
                : pieces(part.received()) > pieces(slot.published)) {
      slot.published = part.received();
      any = true;
    }
    if (part.state() == S3Part::State::kComplete && !slot.complete) {
      slot.complete = true;
      any = true;
    }
    const bool failed = part.state() == S3Part::State::kFailed;
    if (!failed && part.state() != S3Part::State::kNothingThere) continue;
    // What follows a failed part is of no use; what came of it before is.
    if (failed) {
      stream.error = part.error();
    } else if (stream.size) {
      stream.error = Replaced(stream.object.path);
    } else {
      stream.nothing_there = true;
    }
    any = true;
    for (std::size_t last = stream.slots.size(); last-- > at + 1;) {
      transfers_->Cancel(*stream.slots[last].part);
      stream.slots.pop_back();
    }
    slot.complete = true;
    if (slot.published == slot.consumed) stream.slots.pop_back();
    return;
  }
}

}  // namespace

Result<std::unique_ptr<S3Reader>> MakeS3Reader(S3Client& client) {
  TRY(std::unique_ptr<Transfers> transfers,
      MakeTransfers({.ca_bundle = client.settings().ca_bundle,
                     .stall_limit = client.settings().stall_limit,
                     .min_rate = client.settings().min_rate},
                    client.clock()));
  return std::make_unique<Reader>(client, std::move(transfers));
}

}  // namespace reprocess
