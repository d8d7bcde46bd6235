#include "cli/commands.h"

#include "model/reason.h"
#include "model/throttle.h"

namespace reprocess {
namespace {

constexpr const char* kWhat = "What to replay";
constexpr const char* kWhere = "Where to";
constexpr const char* kHow = "How";
constexpr const char* kBooks = "Books and output";

struct Builder {
  CommandSpec& spec;
  void Option(const char* group, std::string name, std::string value, std::string help, Place place,
              std::vector<std::string> choices = {}) {
    spec.help.options.push_back(
        {std::move(name), std::move(value), std::move(help), group, std::move(choices)});
    spec.options.push_back(place);
  }
  void Filter(FilterArguments& filter) {
    Option(kWhat, "--from", "TIME", "messages created at TIME or later: RFC 3339, or a day (UTC)",
           &filter.from);
    Option(kWhat, "--to", "TIME", "messages created at TIME or earlier; a day counts in full",
           &filter.to);
    Option(kWhat, "--stream", "ID", "messages of this stream id or slug; may be repeated",
           &filter.streams);
    Option(kWhat, "--connection", "ID",
           "send with this connection id instead of a look-up; may be repeated",
           &filter.connections);
  }
  void Version(std::string& version_id) {
    Option(kWhat, "--version-id", "ID", "this version of the one S3 object that PATH names",
           &version_id);
  }
  void Repository(std::string& url) {
    Option(kWhere, "--repository-url", "URL",
           "streams repository; its token comes from REPOSITORY_AUTH_TOKEN alone", &url);
  }
  void Database(std::string& url) {
    Option(kBooks, "--database", "URL",
           "postgresql://... or a path ending .db (default: in your state folder)", &url);
  }
  void Throttle(ThrottleArguments& throttle) {
    Option(kHow, "--max-messages-per-second", "N", "send at most N a second, over all shards",
           &throttle.max_messages_per_second);
    Option(kHow, "--max-bytes-per-second", "N", "... and at most N bytes of messages a second",
           &throttle.max_bytes_per_second);
    Option(kHow, "--max-consumer-lag", "N",
           "hold while a --lag-group is more than N messages behind on the topic",
           &throttle.max_consumer_lag);
    Option(kHow, "--lag-group", "NAME", "consumer group to be kind to; may be repeated",
           &throttle.lag_groups);
  }
  void Json(bool& json, const char* help) { Option(kBooks, "--json", "", help, &json); }
};

// A command that takes no paths.
CommandSpec Command(std::string name, std::string argument, std::string summary,
                    std::string description, decltype(CommandSpec::argument) value, bool required) {
  return {{std::move(name),
           std::move(argument),
           std::move(summary),
           std::move(description),
           {},
           false,
           {},
           {}},
          {},
          value,
          required};
}

std::vector<std::string> ReasonNames() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (!IsSkip(static_cast<Reason>(i))) names.emplace_back(kReasonNames[i]);
  }
  return names;
}

CommandSpec RunSpec(RunArguments& run) {
  CommandSpec spec{
      {"run",
       "[PATH...]",
       "replay files here, each line exactly once",
       "Finds failover files at and below each PATH (.ndjson, .ndjson.gz, .ndjson.zst; a "
       "file named\nitself may have any name), shares them out over shards and replays "
       "them, oldest name first.\n\nFirst it looks at the target, the rights there, the filters "
       "and what earlier jobs have sent; on a\nterminal it shows what it found, and asks.\n\n"
       "The plan is stored with the job: the same --job goes "
       "on where it stopped. The environment\nvariables of reprocessing-worker are read "
       "too (KAFKA_*, DATABASE_URL, REPOSITORY_*,\nREPROCESS_*); options win.",
       {},
       true,
       {},
       {}},
      {},
      &run.paths,
      false};
  Builder build{spec};
  build.Filter(run.filter);
  build.Version(run.version_id);
  build.Option(kWhat, "--limit", "N",
               "send at most N messages, over all shards; +N: N more than before", &run.limit);
  build.Option(kWhat, "--no-limit", "", "go on with a --job that was limited, to its end",
               &run.no_limit);
  build.Option(kWhat, "--start-file", "NAME", "begin at this file, in sorted order",
               &run.start_file);
  build.Option(kWhat, "--start-line", "N", "... and at its line N, counted from 1",
               &run.start_line);
  build.Option(kWhere, "--kafka", "BROKERS", "host:port, comma separated", &run.kafka);
  build.Option(kWhere, "--topic", "NAME", "destinations topic", &run.topic);
  build.Option(kWhere, "--create-topic", "", "make the topic if it is missing", &run.create_topic);
  build.Option(kWhere, "--out", "DIR", "write to DIR/JOB/SHARD.ndjson instead of Kafka", &run.out);
  build.Option(kWhere, "--dry-run", "", "do everything but send; --kafka and --topic are looked at",
               &run.dry_run);
  build.Repository(run.repository_url);
  build.Option(kHow, "--job", "JOB", "name of a new job, or the job to go on with", &run.job);
  build.Option(kHow, "--shards", "N", "replay N shards side by side (default: one a core)",
               &run.shards);
  build.Option(kHow, "--delivery", "HOW", "auto, exactly_once or at_least_once", &run.delivery,
               {"auto", "exactly_once", "at_least_once"});
  build.Option(kHow, "--max-errors", "N|P%",
               "end a shard when more of its lines cannot be sent (default 50%)", &run.max_errors);
  build.Throttle(run.throttle);
  build.Option(kHow, "--again", "", "also files that an earlier job has replayed, without asking",
               &run.again);
  build.Option(kHow, "--yes", "", "do not ask whether the plan is what was meant", &run.yes);
  build.Option(kHow, "--new-only", "",
               "of files that an earlier job has replayed, only what is new", &run.new_only);
  build.Database(run.database);
  build.Json(run.json, "events as JSON, a line each, on standard output");
  spec.help.examples = {
      {"See what would happen", "reprocess run /var/log/failover --dry-run"},
      {"Replay one day into Kafka",
       "reprocess run /var/log/failover --from 2026-05-01 --to 2026-05-01 \\\n"
       "      --kafka broker:9092 --topic destination-messages"},
      {"Write two streams to files, four shards at once",
       "reprocess run a.ndjson.gz b.ndjson --out /tmp/replay --stream s1 --stream s2 --shards 4"},
      {"A first part, then the rest",
       "reprocess run /var/log/failover --job first --limit 1000 --kafka broker:9092 --topic t\n"
       "  reprocess run --job first --no-limit"},
      {"Go on after Ctrl-C", "reprocess run --job 20260501-142233-9f3a1c"}};
  return spec;
}

CommandSpec InspectSpec(InspectArguments& inspect) {
  CommandSpec spec{{"inspect",
                    "PATH...",
                    "show what is in files, and what would be sent of it",
                    "Reads the files in full: lines, bytes, first and last time, counts by stream, "
                    "type, day and hour;\nwith filters, what would be sent and why the rest would "
                    "not; and sample lines. Sends nothing.",
                    {},
                    true,
                    {},
                    {}},
                   {},
                   &inspect.paths,
                   true};
  Builder build{spec};
  build.Filter(inspect.filter);
  build.Version(inspect.version_id);
  build.Repository(inspect.repository_url);
  build.Option(kBooks, "--samples", "N",
               "show N lines that would be sent (default 3; 0: no samples)", &inspect.samples);
  build.Json(inspect.json, "one JSON document on standard output");
  spec.help.examples = {{"What is in these files", "reprocess inspect /var/log/failover"},
                        {"What a replay of one stream would send",
                         "reprocess inspect /var/log/failover --stream site-19 --from 2026-05-01"}};
  return spec;
}

CommandSpec StatusSpec(StatusArguments& status) {
  CommandSpec spec = Command(
      "status", "[JOB]", "list jobs, or show one with its shards",
      "Without JOB the newest jobs; with it the job's counts, of each shard its place, owner and\n"
      "generation, and what to do next. A job is stopped where its worker ended in order with work "
      "left,\n"
      "and lost where it gives no sign any more. Progress is that of stored bytes.\n"
      "\n"
      "Exit codes: 0 whatever is shown; with --exit-status as the job ended (0, 1, 2), 4 while it "
      "has not.",
      &status.job, false);
  Builder build{spec};
  build.Option(kHow, "--exit-status", "", "exit as JOB did, or with 4 while work is left",
               &status.exit_status);
  build.Option(kBooks, "--limit", "N", "list N jobs (default 20)", &status.limit);
  build.Database(status.database);
  build.Json(status.json, "one JSON document on standard output");
  spec.help.examples = {
      {"The newest jobs", "reprocess status"},
      {"One job, from PostgreSQL",
       "reprocess status job-7 --database postgresql://localhost/bulker"},
      {"Wait for a job, in a script",
       "until reprocess status job-7 --exit-status; [ $? != 4 ]; do sleep 10; done"}};
  return spec;
}

CommandSpec ErrorsSpec(ErrorsArguments& errors) {
  CommandSpec spec = Command("errors", "JOB", "show the lines that were not sent, and why",
                             "Counts by reason and, of unknown streams, by stream; then rows with "
                             "file, line, byte offset and a\n"
                             "sample. With --raw the lines alone, whole and as they were, read "
                             "from the files again: exit code 2\n"
                             "where some could not be.",
                             &errors.job, true);
  Builder build{spec};
  build.Option(kBooks, "--reason", "NAME", "only rows of this reason", &errors.reason,
               ReasonNames());
  build.Option(kBooks, "--limit", "N", "show at most N rows (default 50)", &errors.limit);
  build.Option(kBooks, "--raw", "", "write the lines themselves, all of them but for --limit",
               &errors.raw);
  build.Database(errors.database);
  build.Json(errors.json, "one JSON document on standard output");
  spec.help.examples = {{"All reasons and the first rows", "reprocess errors job-7"},
                        {"Every line that is no JSON, to mend it",
                         "reprocess errors job-7 --reason invalid_json --raw >bad.ndjson"}};
  return spec;
}

CommandSpec ResetSpec(ResetArguments& reset) {
  CommandSpec spec =
      Command("reset", "JOB", "make a job's shards start over: what was sent is sent again",
              "Shows each shard's checkpoint and how many messages would be sent again, and "
              "asks. Refused while\na worker of the shard is alive.",
              &reset.job, true);
  Builder build{spec};
  build.Option(kHow, "--shard", "N", "only this shard", &reset.shard);
  build.Option(kHow, "--yes", "", "do not ask", &reset.yes);
  build.Option(kHow, "--kafka", "BROKERS", "where the job's own settings name none", &reset.kafka);
  build.Option(kHow, "--topic", "NAME", "where the job's own settings name none", &reset.topic);
  build.Database(reset.database);
  build.Json(reset.json, "one JSON document on standard output; needs --yes");
  spec.help.examples = {{"Start a whole job over", "reprocess reset job-7"},
                        {"One shard, from a script", "reprocess reset job-7 --shard 3 --yes"}};
  return spec;
}

CommandSpec VerifySpec(VerifyArguments& verify) {
  CommandSpec spec =
      Command("verify", "JOB", "prove that all a job sent is in its topic, each line once",
              "Reads the topic between the offsets where the job began and ended, and the "
              "job's files again, and\nnames each line that is missing, doubled or has other "
              "bytes. Other traffic is counted and ignored.\nSends nothing, and does not ask "
              "the streams repository.\n\nExit codes: 0 all there, 2 missing, doubled or "
              "altered, 5 cannot be verified.",
              &verify.job, true);
  Builder build{spec};
  build.Option(kHow, "--counts", "", "compare numbers alone: quick, and less of a proof",
               &verify.counts);
  build.Option(kHow, "--memory", "MIB",
               "for keys (default 1024: 21 million lines); what does not fit takes more passes",
               &verify.memory);
  build.Option(kHow, "--kafka", "BROKERS", "where the job's own settings name none", &verify.kafka);
  build.Option(kHow, "--topic", "NAME", "where the job's own settings name none", &verify.topic);
  build.Option(kBooks, "--limit", "N", "name at most N lines of each kind (default 100)",
               &verify.limit);
  build.Database(verify.database);
  build.Json(verify.json, "one JSON document on standard output");
  spec.help.examples = {{"After a replay", "reprocess verify job-7"},
                        {"A quick look, for a script", "reprocess verify job-7 --counts --json"}};
  return spec;
}

CommandSpec RetrySpec(RetryArguments& retry) {
  CommandSpec spec = Command(
      "retry", "JOB [DIR]", "send what a job could not: a new job for its failed lines and files",
      "Makes a new job of the lines that JOB's ledger lists, and of its failed files "
      "from where they\nstopped, with JOB's filters and destination; and replays it "
      "here. Keys are the same as in JOB.\nWhat fails again is in the new job's "
      "books: retry that one. Without --failed-lines and\n--failed-files both are "
      "retried.",
      &retry.words, true);
  Builder build{spec};
  build.Option(kWhat, "--failed-lines", "", "only lines", &retry.failed_lines);
  build.Option(kWhat, "--failed-files", "", "only files", &retry.failed_files);
  build.Option(kWhat, "--reason", "NAME", "only lines that failed for this reason", &retry.reason,
               ReasonNames());
  build.Option(kWhat, "--repaired", "",
               "failed files in their repaired version: at the same path, or below DIR",
               &retry.repaired);
  build.Option(kWhat, "--moved", "OLD=NEW",
               "the repaired version of the file OLD is NEW; may be repeated", &retry.moved);
  build.Option(kWhat, "--again", "", "also lines that an earlier retry of JOB has taken up",
               &retry.run.again);
  build.Option(kWhere, "--kafka", "BROKERS", "where the cluster is now", &retry.run.kafka);
  build.Option(kWhere, "--topic", "NAME", "where JOB's own settings name none", &retry.run.topic);
  build.Repository(retry.run.repository_url);
  build.Option(kHow, "--job", "ID", "name of the new job", &retry.run.job);
  build.Option(kHow, "--shards", "N", "replay N shards side by side (default: one a core)",
               &retry.run.shards);
  build.Database(retry.run.database);
  build.Json(retry.json, "events as JSON, a line each, on standard output");
  spec.help.examples = {
      {"After the stream was added to the repository",
       "reprocess retry job-7 --reason unknown_stream --repository-url http://console/streams"},
      {"Files that could not be read, once they can", "reprocess retry job-7 --failed-files"},
      {"A truncated file, of which a whole copy was found",
       "reprocess retry job-7 --repaired /var/restored"}};
  return spec;
}

CommandSpec SetSpec(SetArguments& set) {
  CommandSpec spec = Command(
      "set", "JOB KEY=VALUE...", "change a job's limits, also while it runs",
      "KEY is max_messages_per_second, max_bytes_per_second, max_consumer_lag or "
      "lag_groups (names, comma\nseparated), of the whole job: numbers take k, M and G (2k "
      "is 2,000), and 0 is no limit; or\nmax_errors of each shard (lines, or a share such as "
      "5%, where 100% is no limit). No VALUE means the\none of the job's configuration. "
      "Workers follow within two seconds. docs/throttling.md says what\nthe limits do.",
      &set.words, true);
  for (const auto key : kLimitKeys) spec.help.choices.push_back(std::string(key) + "=");
  Builder build{spec};
  build.Database(set.database);
  build.Json(set.json, "one JSON document on standard output");
  spec.help.examples = {
      {"At most 2,000 messages a second", "reprocess set job-7 max_messages_per_second=2k"},
      {"Hold while a consumer is behind",
       "reprocess set job-7 max_consumer_lag=50000 lag_groups=bulker,rotor"},
      {"Let a job go on that had too many errors", "reprocess set job-7 max_errors=100%"},
      {"As configured again", "reprocess set job-7 max_messages_per_second= max_consumer_lag="}};
  return spec;
}

CommandSpec HoldSpec(const char* name, const char* summary, const char* description,
                     HoldArguments& hold) {
  CommandSpec spec = Command(name, "JOB", summary, description, &hold.job, true);
  Builder build{spec};
  build.Database(hold.database);
  build.Json(hold.json, "one JSON document on standard output");
  return spec;
}

CommandSpec PauseSpec(PauseArguments& pause) {
  CommandSpec spec = HoldSpec("pause", "hold a job: its shards send nothing until it is resumed",
                              "Workers follow within two seconds: they commit what is open, then "
                              "wait, and stay alive.",
                              pause);
  spec.help.examples = {{"Hold a job", "reprocess pause job-7"}};
  return spec;
}

CommandSpec ResumeSpec(ResumeArguments& resume) {
  CommandSpec spec =
      HoldSpec("resume", "let a paused job go on",
               "Workers follow within two seconds. Where they have ended, `reprocess run --job` "
               "goes on.",
               resume);
  spec.help.examples = {{"Go on", "reprocess resume job-7"}};
  return spec;
}

CommandSpec CompletionSpec(CompletionArguments& completion) {
  CommandSpec spec{{"completion",
                    "SHELL",
                    "print a completion script: bash, zsh or fish",
                    "Prints a script that completes commands, options, file names, and the "
                    "ids of jobs: those that\n`reprocess completion jobs` prints, of the "
                    "database that DATABASE_URL names or the one in your\nstate folder.",
                    {"bash", "zsh", "fish"},
                    false,
                    {},
                    {}},
                   {},
                   &completion.shell,
                   true};
  spec.help.examples = {
      {"bash, for this session", "source <(reprocess completion bash)"},
      {"zsh, for good", "reprocess completion zsh > \"${fpath[1]}/_reprocess\""},
      {"fish, for good", "reprocess completion fish > ~/.config/fish/completions/reprocess.fish"}};
  return spec;
}

CommandSpec SchemaSpec() {
  CommandSpec spec =
      Command("schema", "", "print the SQL that makes the tables",
              "For a database whose user may not create tables: let one who may run this "
              "(PostgreSQL).",
              {}, false);
  spec.help.examples = {{"Make the tables as an administrator",
                         "reprocess schema | psql postgresql://admin@localhost/bulker"}};
  return spec;
}

}  // namespace

std::vector<CommandSpec> CommandsInto(AllArguments& all) {
  return {RunSpec(all.run),       InspectSpec(all.inspect),
          StatusSpec(all.status), ErrorsSpec(all.errors),
          ResetSpec(all.reset),   VerifySpec(all.verify),
          RetrySpec(all.retry),   SetSpec(all.set),
          PauseSpec(all.pause),   ResumeSpec(all.resume),
          SchemaSpec(),           CompletionSpec(all.completion)};
}

std::vector<CommandHelp> DescribeCommands() {
  AllArguments ignored;
  std::vector<CommandHelp> help;
  for (auto& spec : CommandsInto(ignored)) help.push_back(std::move(spec.help));
  return help;
}

}  // namespace reprocess
