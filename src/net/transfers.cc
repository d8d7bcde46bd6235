#include "net/transfers.h"

#include <algorithm>
#include <array>
#include <list>
#include <new>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "net/curl_support.h"

namespace reprocess {
namespace {

constexpr long kReceiveBytes = 128 << 10;

struct Transfer {
  TransferReceiver& receiver;
  Clock& clock;
  std::string url;
  HeaderList headers;
  Easy easy;
  SteadyTime last_byte;
  // Of the head, from its first line on; then of the rate, one after another.
  std::optional<SteadyTime> window_start{};
  std::uint64_t window_bytes = 0;  // all but the head's
  std::vector<HttpHeader> answer{};
  bool answered = false, refused = false, out_of_memory = false;
  std::array<char, CURL_ERROR_SIZE> detail{};
};

// libcurl's own signatures; nothing may be thrown through them.
std::size_t TakeHead(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.last_byte = transfer.clock.Now();
  if (transfer.answered) {
    transfer.window_bytes += size;
    return size;  // a trailer
  }
  if (!transfer.window_start) transfer.window_start = transfer.last_byte;
  try {
    const std::string_view line(data, size);
    if (line != "\r\n" && line != "\n") {
      TakeHeaderLine(line, transfer.answer);
      return size;
    }
    long status = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) return size;
    transfer.answered = true;
    transfer.window_start = transfer.last_byte;
    transfer.refused = !transfer.receiver.Answered(static_cast<int>(status), transfer.answer);
  } catch (const std::bad_alloc&) {
    transfer.out_of_memory = true;
    return 0;
  }
  return transfer.refused ? 0 : size;
}

std::size_t TakeBody(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.last_byte = transfer.clock.Now();
  transfer.window_bytes += size;
  try {
    transfer.refused = !transfer.receiver.Received({data, size});
  } catch (const std::bad_alloc&) {
    transfer.out_of_memory = true;
    return 0;
  }
  return transfer.refused ? 0 : size;
}

Error TransferError(const Transfer& transfer, Remedy remedy, std::string what,
                    Code code = Code::kOther) {
  return {.remedy = remedy,
          .what = "http get: " + std::move(what),
          .where = UrlForMessages(transfer.url),
          .code = code};
}

class CurlTransfers final : public Transfers {
 public:
  CurlTransfers(Multi multi, TransferSettings settings, Clock& clock)
      : multi_(std::move(multi)), settings_(std::move(settings)), clock_(clock) {}
  ~CurlTransfers() override {
    for (const auto& transfer : running_) {
      curl_multi_remove_handle(multi_.get(), transfer->easy.get());
    }
  }

  Result<void> Start(const TransferRequest& request, TransferReceiver& receiver) override {
    auto transfer =
        std::make_unique<Transfer>(receiver, clock_, request.url, HeaderListOf(request.headers),
                                   Easy(curl_easy_init()), clock_.Now());
    if (!transfer->easy || (!transfer->headers && !request.headers.empty())) {
      return std::unexpected(TransferError(*transfer, Remedy::kStop, "out of memory"));
    }
    SetUp(*transfer);
    curl_multi_add_handle(multi_.get(), transfer->easy.get());
    running_.push_back(std::move(transfer));
    return {};
  }

  void Cancel(TransferReceiver& receiver) override {
    std::erase_if(running_, [&](const std::unique_ptr<Transfer>& transfer) {
      if (&transfer->receiver != &receiver) return false;
      curl_multi_remove_handle(multi_.get(), transfer->easy.get());
      return true;
    });
  }

  void Drive(Milliseconds most) override {
    SteadyTime until = clock_.Now() + most;
    for (const auto& transfer : running_) {
      if (transfer->window_start) {
        until = std::min(until, *transfer->window_start + settings_.stall_limit);
      }
      until = std::min(until, transfer->last_byte + settings_.stall_limit);
    }
    const auto wait = std::chrono::ceil<Milliseconds>(until - clock_.Now()).count();
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(std::max<long>(wait, 0)), nullptr);
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    EndFinished();
    EndStalled();
  }

  void Wake() override { curl_multi_wakeup(multi_.get()); }

 private:
  void SetUp(Transfer& transfer) const {
    CURL* easy = transfer.easy.get();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_URL, transfer.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "reprocess");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBytes);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(settings_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.detail.data());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHead);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    if (!settings_.ca_bundle.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_bundle.c_str());
    }
  }

  void EndFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      const CURLcode code = message->data.result;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      End(*transfer, ErrorOf(*transfer, code));
    }
  }

  void EndStalled() {
    const SteadyTime now = clock_.Now();
    for (auto at = running_.begin(); at != running_.end();) {
      Transfer& transfer = **at++;
      if (std::string why = WhyTooSlow(transfer, now); !why.empty()) {
        End(transfer, TransferError(transfer, Remedy::kRetry, std::move(why), Code::kTimedOut));
      }
    }
  }

  // Empty: it is fast enough. A window that is over gives way to the next one.
  std::string WhyTooSlow(Transfer& transfer, SteadyTime now) const {
    const auto limit = settings_.stall_limit;
    if (now - transfer.last_byte >= limit) {
      return fmt::format("not a byte for {} ms", limit.count());
    }
    if (!transfer.window_start || now - *transfer.window_start < limit) return {};
    if (!transfer.answered) return fmt::format("its head was not whole in {} ms", limit.count());
    transfer.window_start = now;
    const std::uint64_t bytes = std::exchange(transfer.window_bytes, 0);
    const std::uint64_t least =
        settings_.min_rate * static_cast<std::uint64_t>(limit.count()) / 1'000;
    if (bytes >= least) return {};
    return fmt::format("only {} bytes in {} ms", bytes, limit.count());
  }

  static std::optional<Error> ErrorOf(const Transfer& transfer, CURLcode code) {
    if (transfer.out_of_memory) return TransferError(transfer, Remedy::kStop, "out of memory");
    if (transfer.refused) return TransferError(transfer, Remedy::kStop, "broken off");
    if (code == CURLE_OK) return std::nullopt;
    return TransferError(transfer, RemedyOf(code), ReasonOf(code, transfer.detail.data()),
                         code == CURLE_OPERATION_TIMEDOUT ? Code::kTimedOut : Code::kOther);
  }

  void End(Transfer& transfer, std::optional<Error> error) {
    TransferReceiver& receiver = transfer.receiver;
    Cancel(receiver);
    receiver.Ended(std::move(error));
  }

  Multi multi_;
  const TransferSettings settings_;
  Clock& clock_;
  std::list<std::unique_ptr<Transfer>> running_;
};

}  // namespace

Result<std::unique_ptr<Transfers>> MakeTransfers(TransferSettings settings, Clock& clock) {
  Multi multi = MakeMulti();
  if (!multi) return Fatal("http get: libcurl cannot be started");
  return std::make_unique<CurlTransfers>(std::move(multi), std::move(settings), clock);
}

}  // namespace reprocess
