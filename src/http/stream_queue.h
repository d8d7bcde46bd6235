// What was written to a stream and not yet taken by its client.
//
//   bounds     `most` bytes; a piece is always taken where nothing waits. Who falls behind more is
//              dropped, never waited for
//   threads    any
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/server.h"

namespace reprocess {

class StreamQueue final : public HttpServer::Outlet {
 public:
  using Piece = std::shared_ptr<const std::string>;

  // `wake` is called, under a lock, where there is something to take, and never after Close().
  StreamQueue(std::size_t most, std::function<void()> wake) : most_(most), wake_(std::move(wake)) {}

  bool Write(Piece piece) override;
  void End() override;

  struct Taken {
    std::vector<Piece> pieces;
    bool ended = false;    // nothing comes after them
    bool dropped = false;  // the client fell behind: nothing more for it
  };
  // All that waits. It weighs until the next call, which says that the client has it.
  Taken Take();
  // The client is gone.
  void Close();

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Piece> waiting_;
  std::size_t waiting_bytes_ = 0, taken_bytes_ = 0;
  bool ended_ = false, dropped_ = false;
};

}  // namespace reprocess
