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
constexpr int kPollMilliseconds = 1000;

struct Body {
  CURL* easy;
  std::string text;
  std::uint64_t max_bytes;
  std::vector<HttpHeader> headers{};
  bool too_large = false, out_of_memory = false;
};

// libcurl's own signature; nothing may be thrown through it.
std::size_t TakeBody(char* data, std::size_t, std::size_t size, void* context) {
  auto& body = *static_cast<Body*>(context);
  if (size > body.max_bytes - body.text.size()) {
    body.too_large = true;
    return 0;
  }
  try {
    if (body.text.empty()) {
      curl_off_t length = 0;
      curl_easy_getinfo(body.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
      const auto expected = static_cast<std::uint64_t>(std::max<curl_off_t>(length, 0));
      body.text.reserve(std::min(expected, body.max_bytes));
    }
    body.text.append(data, size);
  } catch (const std::bad_alloc&) {
    body.out_of_memory = true;
    return 0;
  }
  return size;
}

// libcurl's own signature again.
std::size_t TakeHead(char* data, std::size_t, std::size_t size, void* context) {
  auto& body = *static_cast<Body*>(context);
  try {
    TakeHeaderLine({data, size}, body.headers);
  } catch (const std::bad_alloc&) {
    body.out_of_memory = true;
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
                    const Body& body) {
  if (body.out_of_memory) return Failed(request, Remedy::kStop, "out of memory");
  if (body.too_large) {
    return Failed(request, Remedy::kStop,
                  fmt::format("the answer is larger than {} bytes", request.max_body_bytes));
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

void SetUp(CURL* easy, const HttpRequest& request, const curl_slist* headers, Body& body,
           char* detail) {
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
  if (!request.use_proxy) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHead);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &body);
  SetMethod(easy, request);
  if (!request.ca_bundle.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_bundle.c_str());
  }
}

// Runs the transfer to its end; nullopt when `stop` fired first. The multi interface, because a
// poll of it can be woken.
std::optional<CURLcode> Perform(CURLM* multi, CURL* easy, const std::stop_token& stop) {
  curl_multi_add_handle(multi, easy);
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  CURLcode outcome = CURLE_FAILED_INIT;
  for (int running = 1; running > 0 && !stop.stop_requested();) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr);
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

}  // namespace

std::string_view HeaderOf(const std::vector<HttpHeader>& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &HttpHeader::name);
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

Result<HttpResponse> Get(const HttpRequest& request, const std::stop_token& stop) {
  return Send(request, stop);
}

Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop) {
  TRY_OK(CheckRequest(request));
  const Multi multi = MakeMulti();
  const Easy easy(multi ? curl_easy_init() : nullptr);
  if (!easy) return std::unexpected(Failed(request, Remedy::kStop, "libcurl cannot be started"));
  const HeaderList headers = HeaderListOf(request.headers);
  if (!headers && !request.headers.empty()) {
    return std::unexpected(Failed(request, Remedy::kStop, "out of memory"));
  }
  Body body{.easy = easy.get(), .text = {}, .max_bytes = request.max_body_bytes};
  std::array<char, CURL_ERROR_SIZE> detail{};
  SetUp(easy.get(), request, headers.get(), body, detail.data());

  const auto outcome = Perform(multi.get(), easy.get(), stop);
  if (!outcome) {
    return std::unexpected(
        Failed(request, Remedy::kStop, "stopped before the answer", {}, Code::kStopped));
  }
  if (*outcome != CURLE_OK) {
    return std::unexpected(TransferError(request, *outcome, detail.data(), body));
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return HttpResponse{static_cast<int>(status), std::move(body.text), std::move(body.headers)};
}

}  // namespace reprocess
