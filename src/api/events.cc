#include "api/events.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "api/paging.h"
#include "api/problem.h"
#include "api/tokens.h"
#include "jobs/ask.h"
#include "views/service.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr std::size_t kKeptChanges = 256, kEpochDigits = 8;
constexpr Milliseconds kEach{1'000}, kHeartbeat{15'000};

void Send(std::vector<Events::Outlet>& gone, const Events::Outlet& outlet,
          const Events::Bytes& bytes) {
  if (!outlet->Write(bytes)) gone.push_back(outlet);
}

}  // namespace

std::string EventText(std::string_view name, std::string_view data, std::string_view id) {
  return id.empty() ? fmt::format("event: {}\ndata: {}\n\n", name, data)
                    : fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, name, data);
}

Events::Events(Pool<Queries>& queries, Pool<ServiceStore>& stores, LogStreams& logs, Clock& clock,
               Milliseconds life)
    : queries_(queries),
      stores_(stores),
      logs_(logs),
      clock_(clock),
      life_(life),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Events::~Events() {
  thread_.request_stop();
  thread_.join();
}

void Events::Add(Listener listener, Outlet outlet) {
  const std::scoped_lock lock(mutex_);
  const std::string job = listener.job;
  Watch& watch = watches_[job];
  if (watch.epoch.empty()) watch.epoch = NewSecret().substr(0, kEpochDigits);
  watch.clients.push_back({std::move(listener), std::move(outlet)});
  asked_ = true;
  wake_.notify_all();
}

void Events::EndSession(const std::string& session) {
  const std::scoped_lock lock(mutex_);
  for (Watch& watch : watches_ | std::views::values) {
    std::erase_if(watch.clients, [&](const Client& client) {
      if (client.listener.session != session) return false;
      client.outlet->End();
      return true;
    });
  }
}

std::size_t Events::listeners() {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const Watch& watch : watches_ | std::views::values) count += watch.clients.size();
  return count;
}

// Each second what is listened to; in between what somebody is new to. Asleep where nobody listens.
void Events::Run(const std::stop_token& stop) {
  SteadyTime next = clock_.Now(), beat = next;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kHeartbeat, [&] { return !watches_.empty(); });
      wake_.wait_for(lock, stop, next - clock_.Now(), [&] { return asked_; });
      asked_ = false;
    }
    const SteadyTime now = clock_.Now();
    const bool due = now >= next;
    if (due) next = now + kEach;
    for (const std::string& job : ToRead(due)) {
      if (stop.stop_requested()) return;
      const auto read = Read(job);
      const std::scoped_lock lock(mutex_);
      if (const auto watch = watches_.find(job); watch != watches_.end()) Tell(watch->second, read);
    }
    if (now - beat < kHeartbeat) continue;
    beat = now;
    Beat();
    CheckSessions();
  }
}

// Who is new to what was read a moment ago is told that.
std::vector<std::string> Events::ToRead(bool due) {
  std::vector<std::string> jobs;
  const std::scoped_lock lock(mutex_);
  std::erase_if(watches_, [](const auto& entry) { return entry.second.clients.empty(); });
  std::erase_if(last_, [&](const auto& entry) { return !watches_.contains(entry.first); });
  for (auto& [job, watch] : watches_) {
    if (due || watch.document.empty()) {
      jobs.push_back(job);
    } else if (!watch.away) {
      Greet(watch);
    }
  }
  return jobs;
}

Result<std::string> Events::Read(const std::string& job) {
  const auto queries = queries_.Take();
  const WallTime now = clock_.Wall();
  if (job.empty()) {
    TRY(const auto jobs, ListJobs(*queries, {.most = kUsualRows}, life_, now));
    return JobsPageJson(jobs, NextOf(jobs, kUsualRows, IdOfJob));
  }
  const auto before = last_.find(job);
  TRY(JobView view,
      ViewJob(*queries, job, life_, now, before == last_.end() ? nullptr : &before->second));
  std::string document = JobJson(view, {});
  last_.insert_or_assign(job, std::move(view));
  return document;
}

void Events::Tell(Watch& watch, const Result<std::string>& read) {
  if (!read) {
    if (std::exchange(watch.away, true)) return;
    const auto bytes = std::make_shared<const std::string>(
        EventText("away", OnOneLine(ProblemJson(read.error(), CodeOf(read.error())))));
    for (Client& client : watch.clients) client.outlet->Write(bytes);
    return;
  }
  const bool back = std::exchange(watch.away, false);
  if (back) {
    for (Client& client : watch.clients) client.greeted = false;
  }
  std::vector<Outlet> gone;
  if (watch.document.empty()) {
    watch.document = *read;
  } else if (*read != watch.document) {
    const std::string patch = PatchOf(watch.document, *read);
    watch.document = *read;
    if (!patch.empty()) {
      ++watch.number;
      const Bytes bytes = EventOf(watch, "change", patch);
      watch.changes.emplace_back(watch.number, bytes);
      if (watch.changes.size() > kKeptChanges) watch.changes.pop_front();
      for (const Client& client : watch.clients) {
        if (client.greeted) Send(gone, client.outlet, bytes);
      }
    }
  }
  std::erase_if(watch.clients, [&](const Client& client) {
    return std::ranges::find(gone, client.outlet) != gone.end();
  });
  Greet(watch);
}

// Who is new gets what was missed, or all of it.
void Events::Greet(Watch& watch) {
  Bytes snapshot;
  for (Client& client : watch.clients) {
    if (std::exchange(client.greeted, true)) continue;
    const bool resumed = Resumed(watch, client);
    client.listener.last_id.clear();  // told once: who is greeted again has had what followed it
    if (resumed) continue;
    if (!snapshot) snapshot = EventOf(watch, "snapshot", OnOneLine(watch.document));
    client.outlet->Write(snapshot);
  }
}

bool Events::Resumed(const Watch& watch, const Client& client) {
  const std::string& id = client.listener.last_id;
  std::uint64_t last = 0;
  const char* end = id.data() + id.size();
  if (!id.starts_with(watch.epoch + "-")) return false;
  const auto read = std::from_chars(id.data() + watch.epoch.size() + 1, end, last);
  if (read.ec != std::errc() || read.ptr != end || last > watch.number) return false;
  const std::uint64_t first =
      watch.changes.empty() ? watch.number : watch.changes.front().first - 1;
  if (last < first) return false;
  for (const auto& [number, bytes] : watch.changes) {
    if (number > last) client.outlet->Write(bytes);
  }
  return true;
}

void Events::Beat() {
  const auto comment = std::make_shared<const std::string>(": heartbeat\n\n");
  const std::scoped_lock lock(mutex_);
  for (Watch& watch : watches_ | std::views::values) {
    std::erase_if(watch.clients,
                  [&](const Client& client) { return !client.outlet->Write(comment); });
  }
}

// Another service of this database may have ended them.
void Events::CheckSessions() {
  std::set<std::string> sessions = logs_.Sessions();
  {
    const std::scoped_lock lock(mutex_);
    for (const Watch& watch : watches_ | std::views::values) {
      for (const Client& client : watch.clients) sessions.insert(client.listener.session);
    }
  }
  sessions.erase("");
  if (sessions.empty()) return;
  const auto store = stores_.Take();
  for (const std::string& session : sessions) {
    const auto found = store->FindSession(session);
    if (!found || *found) continue;
    EndSession(session);
    logs_.EndSession(session);
  }
}

Events::Bytes Events::EventOf(const Watch& watch, std::string_view name, std::string_view data) {
  return std::make_shared<const std::string>(
      EventText(name, data, fmt::format("{}-{}", watch.epoch, watch.number)));
}

}  // namespace reprocess
