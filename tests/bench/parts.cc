// What a replay cannot do without, each alone, on the bytes of one corpus: the floor that `./dev
// bench` compares whole runs with.
//
//   parts PLAIN GZIP        one JSON object on standard output: CPU seconds of each part, bytes,
//   lines
//
//   read       the file, in pieces of 256 KiB (plain, and gzip)
//   inflate    ISA-L, into 256 KiB
//   validate   simdjson's DOM parser, a line at a time
//   zstd       level 1, one context, 1 MiB batches of records as Kafka frames them: value, key,
//   header crc32c     ISA-L, over the compressed batches socket     writing those to a TCP
//   connection on the loopback interface
//
// CPU is the measuring thread's own, user and system. What feeds a part is not measured with it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <isa-l.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>

#include "base/descriptor.h"
#include "model/buffer.h"
#include "model/key.h"

namespace reprocess {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::size_t kBatch = 1 << 20;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Adds what the calls of one part took.
class Part {
 public:
  template <class Call>
  auto operator()(Call call) {
    const double begin = CpuSeconds();
    auto result = call();
    seconds_ += CpuSeconds() - begin;
    return result;
  }
  double seconds() const { return seconds_; }

 private:
  double seconds_ = 0;
};

Descriptor OpenFile(const char* path) {
  Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) Die(path);
  return file;
}

std::size_t ReadSome(int file, char* data, std::size_t size) {
  const ssize_t bytes = ::read(file, data, size);
  if (bytes < 0) Die("read");
  return static_cast<std::size_t>(bytes);
}

// One end of a TCP connection whose other end a thread drains.
class Drain {
 public:
  Drain() {
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), name, size) != 0 || ::listen(listener.get(), 1) != 0 ||
        ::getsockname(listener.get(), name, &size) != 0) {
      Die("listen");
    }
    writer_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(writer_.get(), name, size) != 0) Die("connect");
    reader_ = Descriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    thread_ = std::thread([this] {
      std::vector<char> scrap(kPiece);
      while (ReadSome(reader_.get(), scrap.data(), scrap.size()) > 0) {
      }
    });
  }
  ~Drain() {
    ::shutdown(writer_.get(), SHUT_RDWR);
    thread_.join();
  }
  bool Write(const char* data, std::size_t size) const {
    while (size > 0) {
      const ssize_t bytes = ::write(writer_.get(), data, size);
      if (bytes < 0) Die("write");
      data += bytes;
      size -= static_cast<std::size_t>(bytes);
    }
    return true;
  }

 private:
  Descriptor writer_, reader_;
  std::thread thread_;
};

// The rest of a plain file's lines, from those that fit into one batch.
class Lines {
 public:
  explicit Lines(const char* path) : file_(OpenFile(path)), buffer_(16 * kBatch) {}

  // The next lines, at least kBatch bytes of them, or the last ones; views of this object.
  const std::vector<std::string_view>& Next() {
    std::memmove(buffer_.data(), buffer_.data() + used_, filled_ - used_);
    filled_ -= used_;
    used_ = 0;
    lines_.clear();
    while (filled_ < kBatch) {
      const std::size_t bytes = ReadSome(file_.get(), buffer_.data() + filled_, kPiece);
      if (bytes == 0) break;
      filled_ += bytes;
    }
    while (used_ < kBatch && used_ < filled_) {
      const char* const begin = buffer_.data() + used_;
      const auto* end = static_cast<const char*>(std::memchr(begin, '\n', filled_ - used_));
      while (end == nullptr) {  // a line that is longer than a batch
        const std::size_t bytes = ReadSome(file_.get(), buffer_.data() + filled_, kPiece);
        if (bytes == 0 || filled_ + kPiece > buffer_.capacity()) return lines_;
        filled_ += bytes;
        end = static_cast<const char*>(std::memchr(begin, '\n', filled_ - used_));
      }
      lines_.emplace_back(begin, end);
      used_ += lines_.back().size() + 1;
    }
    return lines_;
  }

 private:
  Descriptor file_;
  Buffer buffer_;
  std::size_t filled_ = 0, used_ = 0;
  std::vector<std::string_view> lines_;
};

void AppendVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// A record of Kafka's message format 2 (its lengths are zigzag varints).
void AppendRecord(std::string& out, std::string_view value, const KeyText& key, int number) {
  constexpr std::string_view kHeader = "connection_ids", kConnection = "connection-7";
  AppendVarint(out, 2 * (value.size() + kKeySize + kHeader.size() + kConnection.size() + 12));
  out.append(3, '\0');  // attributes, time
  AppendVarint(out, 2 * static_cast<std::uint64_t>(number));
  AppendVarint(out, 2 * kKeySize);
  out.append(key.data(), key.size());
  AppendVarint(out, 2 * value.size());
  out += value;
  AppendVarint(out, 2);
  AppendVarint(out, 2 * kHeader.size());
  out += kHeader;
  AppendVarint(out, 2 * kConnection.size());
  out += kConnection;
}

double ReadAll(const char* path) {
  Part part;
  const Descriptor file = OpenFile(path);
  std::vector<char> piece(kPiece);
  while (part([&] { return ReadSome(file.get(), piece.data(), piece.size()); }) > 0) {
  }
  return part.seconds();
}

double InflateAll(const char* path) {
  Part part;
  const Descriptor file = OpenFile(path);
  std::vector<char> in(kPiece / 2), out(kPiece);
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  while (const std::size_t bytes = ReadSome(file.get(), in.data(), in.size())) {
    state.next_in = reinterpret_cast<std::uint8_t*>(in.data());
    state.avail_in = static_cast<std::uint32_t>(bytes);
    do {
      state.next_out = reinterpret_cast<std::uint8_t*>(out.data());
      state.avail_out = kPiece;
      if (part([&] { return isal_inflate(&state); }) < 0) Die("inflate");
    } while (state.avail_out == 0);
  }
  return part.seconds();
}

int Run(const char* plain, const char* gzip) {
  const double read_plain = ReadAll(plain), read_gzip = ReadAll(gzip), inflate = InflateAll(gzip);
  Part validate, zstd, crc, socket;
  const Drain drain;
  simdjson::dom::parser parser;
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
  std::string records, packed;
  const FileKey file = FileKeyOf(plain);
  std::uint64_t bytes = 0, count = 0, bytes_out = 0;
  std::uint32_t sums = 0;
  for (Lines source(plain);;) {
    const std::vector<std::string_view>& lines = source.Next();
    if (lines.empty()) break;
    const bool valid = validate([&] {
      bool all = true;
      for (const std::string_view line : lines) {
        all &= parser.parse(line.data(), line.size(), false).error() != simdjson::TAPE_ERROR;
      }
      return all;
    });
    if (!valid) Die("validate");
    records.clear();
    int number = 0;
    for (const std::string_view line : lines) {
      AppendRecord(records, line, LineKeyOf(file, bytes), number++);
      bytes += line.size() + 1;
    }
    count += lines.size();
    packed.resize(ZSTD_compressBound(records.size()));
    packed.resize(zstd([&] {
      return ZSTD_compress2(context, packed.data(), packed.size(), records.data(), records.size());
    }));
    bytes_out += packed.size();
    sums ^= crc([&] {
      return crc32_iscsi(reinterpret_cast<unsigned char*>(packed.data()),
                         static_cast<int>(packed.size()), ~0U);
    });
    socket([&] { return drain.Write(packed.data(), packed.size()); });
  }
  ZSTD_freeCCtx(context);
  std::printf(
      "{\"read_plain\": %.6f, \"read_gzip\": %.6f, \"inflate\": %.6f, \"validate\": %.6f, "
      "\"zstd\": %.6f, \"crc32c\": %.6f, \"socket\": %.6f, \"bytes\": %llu, \"lines\": %llu, "
      "\"bytes_out\": %llu, \"checksum\": %u}\n",
      read_plain, read_gzip, inflate, validate.seconds(), zstd.seconds(), crc.seconds(),
      socket.seconds(), static_cast<unsigned long long>(bytes),
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(bytes_out), sums);
  return 0;
}

}  // namespace
}  // namespace reprocess

int main(int argc, char** argv) {
  if (argc == 3) return reprocess::Run(argv[1], argv[2]);
  std::fputs("usage: parts PLAIN GZIP\n", stderr);
  return 1;
}
