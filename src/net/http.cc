#include "net/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <new>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "net/curl_support.h"

namespace reprocess {
namespace {

constexpr long kMaxRedirects = 10;
constexpr Milliseconds kPoll{1'000};

// What of the answer is there. With a stream it also says how long to wait for more.
struct Answer {
  CURL* easy;
  std::uint64_t max_bytes;
  const HttpStream* stream = nullptr;
  Clock* clock = nullptr;
  SteadyTime last_byte{};
  std::string text{};
  std::vector<HttpHeader> headers{};
  bool begun = false, enough = false, too_large = false, out_of_memory = false, silent = false;

  void Heard() {
    begun = true;
    if (clock != nullptr) last_byte = clock->Now();
  }
  Milliseconds limit() const { return begun ? stream->silence : stream->first_byte; }
  // How long nothing may come; at most a poll.
  Milliseconds Patience() const {
    if (stream == nullptr) return kPoll;
    return std::min(kPoll, std::chrono::ceil<Milliseconds>(last_byte + limit() - clock->Now()));
  }
};

int StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

void Keep(Answer& answer, std::string_view bytes) {
  if (answer.text.empty()) {
    curl_off_t length = 0;
    curl_easy_getinfo(answer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    const auto expected = static_cast<std::uint64_t>(std::max<curl_off_t>(length, 0));
    answer.text.reserve(std::min(expected, answer.max_bytes));
  }
  answer.text += bytes;
}

// libcurl's own signature; nothing may be thrown through it.
std::size_t TakeBody(char* data, std::size_t, std::size_t size, void* context) {
  auto& answer = *static_cast<Answer*>(context);
  answer.Heard();
  try {
    if (answer.stream != nullptr && StatusOf(answer.easy) / 100 == 2) {
      answer.enough = !answer.stream->receive({data, size});
      return answer.enough ? 0 : size;
    }
    if (size > answer.max_bytes - answer.text.size()) {
      answer.too_large = true;
      return 0;
    }
    Keep(answer, {data, size});
  } catch (const std::bad_alloc&) {
    answer.out_of_memory = true;
    return 0;
  }
  return size;
}

// libcurl's own signature again.
std::size_t TakeHead(char* data, std::size_t, std::size_t size, void* context) {
  auto& answer = *static_cast<Answer*>(context);
  answer.Heard();
  try {
    TakeHeaderLine({data, size}, answer.headers);
  } catch (const std::bad_alloc&) {
    answer.out_of_memory = true;
    return 0;
  }
  return size;
}

Error Failed(const HttpRequest& request, Remedy remedy, std::string what, std::string hint = {},
             Code code = Code::kOther) {
  std::string method = request.method;
  std::ranges::transform(method, method.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {.remedy = remedy,
          .what = fmt::format("http {}: {}", method, what),
          .where = UrlForMessages(request.url),
          .hint = std::move(hint),
          .code = code};
}

bool IsHttp(std::string_view url) {
  const auto starts = [&](std::string_view scheme) {
    return url.size() > scheme.size() &&
           std::ranges::equal(scheme, url.substr(0, scheme.size()), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  };
  return starts("http://") || starts("https://");
}

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<void> CheckRequest(const HttpRequest& request) {
  if (!IsHttp(request.url)) {
    return std::unexpected(Failed(request, Remedy::kStop, "not an http or https URL"));
  }
  for (const auto& [name, value] : request.headers) {
    if (HasControlCharacter(name) || HasControlCharacter(value)) {
      return std::unexpected(
          Failed(request, Remedy::kStop, fmt::format("header {}: control character in it", name),
                 "a line break at the end of a token or secret is the usual cause"));
    }
  }
  return {};
}

Error TransferError(const HttpRequest& request, CURLcode code, std::string_view detail,
                    const Answer& answer) {
  if (answer.out_of_memory) return Failed(request, Remedy::kStop, "out of memory");
  if (answer.too_large) {
    return Failed(request, Remedy::kStop,
                  fmt::format("the answer is larger than {} bytes", request.max_body_bytes));
  }
  if (answer.silent) {
    return Failed(request, Remedy::kRetry,
                  fmt::format("{} for {} ms", answer.begun ? "not a byte" : "no answer",
                              answer.limit().count()),
                  {}, Code::kTimedOut);
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Failed(request, Remedy::kRetry,
                  fmt::format("no complete answer within {} ms", request.timeout.count()), {},
                  Code::kTimedOut);
  }
  return Failed(request, RemedyOf(code), ReasonOf(code, detail));
}

void SetMethod(CURL* easy, const HttpRequest& request) {
  if (request.method == "GET") return;
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
}

// `text` must live until the transfer has ended.
void SetPem(CURL* easy, CURLoption option, const std::string& text) {
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
  if (!text.empty()) curl_easy_setopt(easy, option, &blob);
}

void SetTls(CURL* easy, const HttpRequest& request) {
  if (!request.ca_bundle.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_bundle.c_str());
  }
  const HttpTls& tls = request.tls;
  SetPem(easy, CURLOPT_CAINFO_BLOB, tls.authorities);
  // Else the system's folder of authorities would be trusted beside them.
  if (!tls.authorities.empty()) curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  SetPem(easy, CURLOPT_SSLCERT_BLOB, tls.certificate);
  SetPem(easy, CURLOPT_SSLKEY_BLOB, tls.key);
  if (tls.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void SetUp(CURL* easy, const HttpRequest& request, const curl_slist* headers,
           curl_slist* connect_to, Answer& answer, char* detail) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "reprocess");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, request.literal_path ? 1L : 0L);
  if (request.proxy) {
    curl_easy_setopt(easy, CURLOPT_PROXY, request.proxy->c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  }
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHead);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
  SetMethod(easy, request);
  SetTls(easy, request);
}

// Runs the transfer to its end; nullopt when `stop` fired first. The multi interface, because a
// poll of it can be woken.
std::optional<CURLcode> Perform(CURLM* multi, Answer& answer, const std::stop_token& stop) {
  CURL* const easy = answer.easy;
  curl_multi_add_handle(multi, easy);
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  CURLcode outcome = CURLE_FAILED_INIT;
  for (int running = 1; running > 0 && !stop.stop_requested();) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running == 0) break;
    const Milliseconds patience = answer.Patience();
    answer.silent = patience <= Milliseconds(0);
    if (answer.silent) break;
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(patience.count()), nullptr);
  }
  int left = 0;
  bool ended = false;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    ended = true;
    outcome = message->data.result;
  }
  curl_multi_remove_handle(multi, easy);
  if (!ended && stop.stop_requested()) return std::nullopt;
  return outcome;
}

Result<HttpResponse> Exchange(const HttpRequest& request, Answer answer,
                              const std::stop_token& stop) {
  TRY_OK(CheckRequest(request));
  const Multi multi = MakeMulti();
  const Easy easy(multi ? curl_easy_init() : nullptr);
  if (!easy) return std::unexpected(Failed(request, Remedy::kStop, "libcurl cannot be started"));
  const HeaderList headers = HeaderListOf(request.headers);
  const HeaderList connect_to(
      request.connect_to.empty() ? nullptr
                                 : curl_slist_append(nullptr, ("::" + request.connect_to).c_str()));
  if ((!headers && !request.headers.empty()) || (!connect_to && !request.connect_to.empty())) {
    return std::unexpected(Failed(request, Remedy::kStop, "out of memory"));
  }
  answer.easy = easy.get();
  std::array<char, CURL_ERROR_SIZE> detail{};
  SetUp(easy.get(), request, headers.get(), connect_to.get(), answer, detail.data());

  const auto outcome = Perform(multi.get(), answer, stop);
  if (!outcome) {
    return std::unexpected(
        Failed(request, Remedy::kStop, "stopped before the answer", {}, Code::kStopped));
  }
  if (*outcome != CURLE_OK && !answer.enough) {
    return std::unexpected(TransferError(request, *outcome, detail.data(), answer));
  }
  return HttpResponse{StatusOf(easy.get()), std::move(answer.text), std::move(answer.headers)};
}

}  // namespace

std::string_view HeaderOf(const std::vector<HttpHeader>& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &HttpHeader::name);
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

Result<HttpResponse> Get(const HttpRequest& request, const std::stop_token& stop) {
  return Send(request, stop);
}

Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop) {
  return Exchange(request, {.easy = nullptr, .max_bytes = request.max_body_bytes}, stop);
}

Result<HttpResponse> SendStreaming(const HttpRequest& request, const HttpStream& stream,
                                   Clock& clock, const std::stop_token& stop) {
  return Exchange(request,
                  {.easy = nullptr,
                   .max_bytes = request.max_body_bytes,
                   .stream = &stream,
                   .clock = &clock,
                   .last_byte = clock.Now()},
                  stop);
}

}  // namespace reprocess
