#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/identity_source.h"
#include "base/descriptor.h"

extern char** environ;

namespace reprocess {
namespace {

constexpr Milliseconds kTimeout{60'000};
constexpr int kPollMilliseconds = 100;  // how soon a stop is seen
constexpr std::size_t kMaxOutput = 1 << 20;
constexpr char kWhat[] = "credential_process";

// A shell of its own process group, so that all of it can be ended.
class Process {
 public:
  Process(const std::string& command, int out) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::string shell = "sh", option = "-c", text = command;
    const std::array<char*, 4> arguments = {shell.data(), option.data(), text.data(), nullptr};
    if (::posix_spawn(&pid_, "/bin/sh", &actions, &attributes, arguments.data(), environ) != 0) {
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

Result<std::string> OutputOf(const IdentityContext& context, const std::string& command,
                             const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(IdentityError(fmt::format("{}: no pipe", kWhat), Remedy::kRetry));
  }
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  Process process(command, to.get());
  to = Descriptor();
  if (!process.started()) {
    return std::unexpected(IdentityError(fmt::format("{}: cannot start /bin/sh", kWhat)));
  }
  std::string output;
  std::array<char, 4096> piece;
  const SteadyTime deadline = context.clock.Now() + kTimeout;
  for (;;) {
    if (stop.stop_requested()) {
      return Stopped("get credentials");
    }
    if (context.clock.Now() >= deadline || output.size() > kMaxOutput) {
      return std::unexpected(
          IdentityError(fmt::format("{}: no end within {} ms", kWhat, kTimeout.count())));
    }
    pollfd waiting{from.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t bytes = ::read(from.get(), piece.data(), piece.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    output.append(piece.data(), static_cast<std::size_t>(bytes));
  }
  if (const int exit = process.Wait(); exit != 0) {
    return std::unexpected(IdentityError(fmt::format("{}: it ended with code {}", kWhat, exit)));
  }
  return output;
}

}  // namespace

IdentitySource ProcessSource(const IdentityContext& context, std::string command) {
  return {kWhat,
          [&context,
           command = std::move(command)](const std::stop_token& stop) -> Result<S3Credentials> {
            TRY(const std::string output, OutputOf(context, command, stop));
            return CredentialsOfJson(output, "SessionToken", kWhat);
          }};
}

}  // namespace reprocess
