#include "api/serve.h"

#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/options.h"
#include "cli/program.h"
#include "config/surroundings.h"

namespace reprocess {
namespace {

constexpr std::string_view kListen = "Where to listen";

constexpr Option kPort{kListen, "--port", "N",
                       "port (HTTP_PORT, PORT; default 3049; 0: a free one)"},
    kAddress{kListen, "--address", "ADDRESS", "address (HTTP_ADDRESS)"},
    kTlsCert{kListen, "--tls-cert", "FILE", "PEM file of the certificate and its chain"},
    kTlsKey{kListen, "--tls-key", "FILE", "PEM file of its key"};
constexpr Option kOptions[] = {kPort, kAddress, kTlsCert, kTlsKey, option::kDatabase};
constexpr Example kExamples[] = {
    {"On a laptop: jobs run here, and the address that it prints logs in", "reprocess serve"},
    {"In place of the admin service",
     "AUTH_TOKENS=... TOKEN_SECRET=... DATABASE_URL=postgresql://... reprocess serve"}};

Result<ExitCode> ServeRequests(const Given& given, const Program& program) {
  TRY_OK(CheckVariableNames(program.variables));
  TRY(const Environment admins, WithAdminsFile(program.environment));
  ServeOptions options;
  options.environment = Overlay(admins, {{"HTTP_PORT", given.Text(kPort)},
                                         {"HTTP_ADDRESS", given.Text(kAddress)},
                                         {"REPROCESS_TLS_CERT", given.Text(kTlsCert)},
                                         {"REPROCESS_TLS_KEY", given.Text(kTlsKey)}});
  options.version = program.version;
  TRY(options.settings, LoadServeSettings(options.environment));
  TRY(options.database_url, DatabaseUrlOf(given.Text(option::kDatabase), options.environment));
  const std::stop_token stop = program.stop_on_signals();  // before any thread is there
  program.keep_freed_memory();
  SetUpLog(options.settings.work.log_level, options.settings.work.log_format, {});
  for (const std::string& warning : options.settings.warnings) Log(LogLevel::kWarn, warning);
  TRY_OK(RunService(
      options, [&](const std::string& address) { Print(program.console.out, address + "\n"); },
      stop));
  LogRepeated(/*all=*/true);
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kServeCommand = {
    "serve",
    "",
    "serve the API and the page, until it is asked to stop",
    "Plans, starts, watches, changes, verifies and reports jobs over HTTP: for people at /, for\n"
    "programs below /api/v1 (/api/openapi.json), and for clients of the admin service at its own\n"
    "paths. Jobs run on Kubernetes where a configuration for it is there, else here, each as a\n"
    "process of its own, which goes on when this ends. Without tokens (AUTH_TOKENS,\n"
    "RAW_AUTH_TOKENS) only this machine is served, and the address that is printed logs in once.",
    kOptions,
    kExamples,
    ServeRequests};

}  // namespace reprocess
