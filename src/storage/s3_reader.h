// Reads S3 objects as streams: ranged parts, several in flight, in order, running on into the next
// object while this one drains.
//
//   memory     `parts` buffers of `part_bytes`, shared by all that is read here. A buffer is
//              reserved before its request is sent, so no connection waits for a reader. Whoever is
//              waiting with no part of his own gets one more: two sources that are open at once
//              cannot starve each other
//   begin      one part alone is fetched until more than the first few bytes have been read, so
//              that looking at a magic number does not fetch 12 MiB
//   order      parts of what is open first, then of what Prefetch named
//   errors     come in their place: all bytes before the failing part come out first
//   threads    Open and Prefetch: one at a time; a source: one at a time. One thread of its own
//              does all transfers
#pragma once

#include <memory>
#include <stop_token>
#include <string_view>

#include "base/result.h"
#include "model/storage.h"
#include "storage/s3_client.h"

namespace reprocess {

class S3Reader {
 public:
  virtual ~S3Reader() = default;
  // As Storage::Open. The source may not outlive the reader.
  virtual Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset,
                                    std::string_view pinned_hash, const std::stop_token& stop) = 0;
  // Begins to read `item` from its start when nothing else is to be fetched. Forgotten at the next
  // Open of anything else.
  virtual void Prefetch(const FileItem& item) = 0;
};

// Borrows `client` for its life.
Result<std::unique_ptr<S3Reader>> MakeS3Reader(S3Client& client);

}  // namespace reprocess
