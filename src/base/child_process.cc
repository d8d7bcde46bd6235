#include "base/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"

extern char** environ;

namespace reprocess {
namespace {

constexpr int kPollMilliseconds = 100;  // how soon a stop is seen
constexpr std::size_t kMaxOutput = 1 << 20;

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::vector<std::string> EnvironmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::ranges::find(added, NameOf(*variable), NameOf) == added.end())
      all.push_back(*variable);
  }
  return all;
}

std::vector<char*> PointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

class Process {
 public:
  Process(const ChildCommand& command, int out) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> arguments = command.arguments;
    std::vector<std::string> environment = EnvironmentWith(command.environment);
    if (::posix_spawnp(&pid_, arguments.front().c_str(), &actions, &attributes,
                       PointersTo(arguments).data(), PointersTo(environment).data()) != 0) {
      pid_ = -1;
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      (void)Wait();
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool started() const { return pid_ > 0; }
  // Its exit code, or 128 and the signal.
  int Wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace

Result<std::string> OutputOf(const ChildCommand& command, Clock& clock,
                             const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fatal("no pipe");
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  Process process(command, to.get());
  to = Descriptor();
  if (!process.started()) return Fatal(fmt::format("cannot start {}", command.arguments.front()));
  std::string output;
  std::array<char, 4096> piece;
  const SteadyTime deadline = clock.Now() + command.timeout;
  for (;;) {
    if (stop.stop_requested()) return Stopped(command.arguments.front());
    if (clock.Now() >= deadline) {
      return Fatal(fmt::format("no end within {} ms", command.timeout.count()), {}, {},
                   Code::kTimedOut);
    }
    if (output.size() > kMaxOutput) {
      return Fatal(fmt::format("it prints more than {} bytes", kMaxOutput));
    }
    pollfd waiting{from.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t bytes = ::read(from.get(), piece.data(), piece.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    output.append(piece.data(), static_cast<std::size_t>(bytes));
  }
  if (const int exit = process.Wait(); exit != 0) {
    return Fatal(fmt::format("it ended with code {}", exit));
  }
  return output;
}

}  // namespace reprocess
