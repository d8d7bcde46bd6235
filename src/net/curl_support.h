// What the two users of libcurl in this room share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "base/result.h"
#include "net/http.h"

namespace reprocess {

struct EasyCloser {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiCloser {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;
using Multi = std::unique_ptr<CURLM, MultiCloser>;
using HeaderList = std::unique_ptr<curl_slist, ListCloser>;

// A fresh multi handle; null when libcurl cannot be started.
Multi MakeMulti();

// Null when memory is out. An empty value sends the header empty.
HeaderList HeaderListOf(const std::vector<HttpHeader>& headers);

// Collects one line of an answer's head as libcurl hands them out. A status line begins anew, so
// that an interim answer (100) and a redirect leave nothing behind.
void TakeHeaderLine(std::string_view line, std::vector<HttpHeader>& headers);

// kStop for what no repetition mends.
Remedy RemedyOf(CURLcode code);

// Why a transfer failed: libcurl's detail where there is one. A malformed URL is not quoted.
std::string ReasonOf(CURLcode code, std::string_view detail);

}  // namespace reprocess
