#include "api/page.h"

#include <algorithm>

#include "api/page_files.h"
#include "api/routes.h"
#include "http/assets.h"

namespace reprocess {
namespace {

// Where the page may be.
constexpr const char* kPlaces[] = {"/",
                                   "/new",
                                   "/plans/{id}",
                                   "/jobs/{id}",
                                   "/jobs/{id}/errors",
                                   "/jobs/{id}/files",
                                   "/jobs/{id}/logs",
                                   "/jobs/{id}/report",
                                   "/jobs/{id}/audit",
                                   "/audit",
                                   "/login"};

const PageFile* FileAt(std::string_view path) {
  const auto files = PageFiles();
  const auto file = std::ranges::lower_bound(files, path, {}, &PageFile::path);
  return file == files.end() || file->path != path ? nullptr : &*file;
}

HttpAnswer FileAnswer(std::string_view path, const HttpServer::Request& request) {
  const PageFile* file = FileAt(path);
  if (file == nullptr) return {.status = 404, .body = "404 page not found"};
  return AnswerWith({.type = file->type,
                     .bytes = file->plain,
                     .gzipped = file->gzip,
                     .etag = std::string(file->etag)},
                    request);
}

Result<HttpAnswer> AssetOf(Call& call) {
  return FileAnswer(call.part(), call.request);
}

Result<HttpAnswer> Page(Call& call) {
  return PageAnswer(call.request);
}

}  // namespace

HttpAnswer PageAnswer(const HttpServer::Request& request) {
  return FileAnswer("index.html", request);
}

ApiRoutes PageRoutes(ApiContext&) {
  ApiRoutes routes = {{"GET", "/assets/{*}", Needs::kNothing, {}, AssetOf}};
  for (const char* place : kPlaces) routes.push_back({"GET", place, Needs::kNothing, {}, Page});
  for (ApiRoute& route : routes) route.takes = HttpServer::Takes::kNoTime;
  return routes;
}

}  // namespace reprocess
