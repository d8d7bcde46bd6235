// What happens with jobs, as it happens, for any number of listeners.
//
//   read       once a second what somebody listens to, by one reader, whatever the number of streams:
//              the list of jobs, and a job, by questions that are asked in one go
//              (Session::SelectTogether); its errors and failed files where those have changed;
//              nothing where nobody listens
//   stream     a snapshot of the document; then changes, as JSON Patch (RFC 6902) of the document
//              before; `away` while the database cannot be asked, and a snapshot when it can again; a
//              comment each 15 s
//   resumed    a listener that names the last event that it had gets those since; one whose event is
//              not among the last 256 changes, or is of another service, a snapshot
//   ends       with the listener's session (looked up each 15 s, of logs that are followed too), with the listener, who is dropped where he is too slow,
//              and with the server
//   threads    any; one of its own
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/log_streams.h"
#include "api/pool.h"
#include "base/clock.h"
#include "http/server.h"
#include "jobs/ask.h"
#include "store/queries.h"
#include "store/service_store.h"

namespace reprocess {

class Events {
 public:
  using Outlet = std::shared_ptr<HttpServer::Outlet>;
  using Bytes = std::shared_ptr<const std::string>;

  // `life`: as in jobs/standing.h. All are borrowed.
  Events(Pool<Queries>& queries, Pool<ServiceStore>& stores, LogStreams& logs, Clock& clock,
         Milliseconds life);
  ~Events();
  Events(const Events&) = delete;

  struct Listener {
    std::string job;      // empty: the first page of jobs
    std::string session;  // its hash; empty: of a token
    std::string last_id;  // of the event that it had last; or empty
  };
  void Add(Listener listener, Outlet outlet);
  void EndSession(const std::string& session);
  std::size_t listeners();

 private:
  struct Client {
    Listener listener;
    Outlet outlet;
    bool greeted = false;
  };
  struct Watch {
    std::string epoch{};       // random: ids of another watch, or service, mean nothing here
    std::string document{};    // as last read; empty: not yet
    std::uint64_t number = 0;  // of the last change
    std::deque<std::pair<std::uint64_t, Bytes>> changes{};
    std::vector<Client> clients{};
    bool away = false;
  };

  void Run(const std::stop_token& stop);
  std::vector<std::string> ToRead(bool due);
  Result<std::string> Read(const std::string& job);
  void Tell(Watch& watch, const Result<std::string>& read);
  void Greet(Watch& watch);
  static bool Resumed(const Watch& watch, const Client& client);
  void Beat();
  void CheckSessions();
  static Bytes EventOf(const Watch& watch, std::string_view name, std::string_view data);

  Pool<Queries>& queries_;
  Pool<ServiceStore>& stores_;
  LogStreams& logs_;
  Clock& clock_;
  const Milliseconds life_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool asked_ = false;  // somebody new is there
  std::map<std::string, Watch> watches_;
  std::map<std::string, JobView> last_;  // of jobs that are watched, as last read; the thread's own
  std::jthread thread_;                  // last: it uses all of the above
};

// The text of a server-sent event.
std::string EventText(std::string_view name, std::string_view data, std::string_view id = {});

}  // namespace reprocess
