#include <fmt/format.h>

#include "base/thousands.h"
#include "views/plan.h"
#include "views/report.h"

namespace reprocess {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8884;
overflow-wrap:anywhere}
th{font-weight:600;white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums}
code,pre{font-family:ui-monospace,monospace;font-size:.9em;white-space:pre-wrap;overflow-wrap:anywhere}
.verdict{font-size:1.1rem;padding:.75rem 1rem;border-left:.35rem solid}
.good{border-color:#2a7}.bad{border-color:#c33}.open{border-color:#c90}
@media print{body{margin:0;max-width:none}})";

// As text of a page, whatever it holds.
std::string Text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return safe;
}

std::string Line(std::string_view title, const std::string& value) {
  return value.empty() ? "" : fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", title, Text(value));
}

std::string Count(std::string_view title, std::uint64_t count) {
  return fmt::format("<tr><th>{}</th><td class=n>{}</td></tr>\n", title, Thousands(count));
}

std::string Table(std::string_view title, const std::string& rows) {
  return rows.empty() ? "" : fmt::format("<h2>{}</h2>\n<table>\n{}</table>\n", title, rows);
}

std::string Submitted(const CompletionReport& report) {
  if (!report.job.kubernetes) return {};
  const KubernetesNote& note = *report.job.kubernetes;
  return Line("namespace", note.name_space) + Line("submitted by", note.submitted_by) +
         Line("because", note.reason);
}

std::string About(const CompletionReport& report) {
  const JobSummary& job = report.job;
  const JobStanding& standing = report.standing;
  return Line("job", job.id) + Line("status", std::string(NameOf(standing.standing))) +
         Line("to", standing.destination ? Describe(*standing.destination) : "its workers' topic") +
         Line("missing", MissingSentence(job.config)) + Line("retry of", standing.retry_of) +
         Submitted(report) + Line("created", job.created_at) + Line("started", job.started_at) +
         Line("completed", job.completed_at) +
         Line("took", report.seconds ? fmt::format("{:.1f} s", *report.seconds) : "") +
         Line("error", job.error.empty() ? job.sum.error : job.error) + Line("config", job.config);
}

std::string Balance(const CompletionReport& report) {
  const Counters& counters = report.counters;
  std::string rows = Count("lines", counters.lines) + Count("= sent", counters.success) +
                     Count("+ skipped", counters.skipped()) + Count("+ errors", counters.errors()) +
                     Count("bytes", counters.bytes);
  for (std::size_t i = 0; i < report.files.size(); ++i) {
    if (report.files.at(i) == 0) continue;
    rows += Count(fmt::format("files {}", NameOf(static_cast<FileState>(i))), report.files.at(i));
  }
  for (const std::string& problem : report.problems) rows += Line("does not hold", problem);
  return rows;
}

std::string Errors(const CompletionReport& report) {
  std::string rows;
  for (const StoredError& error : report.reasons) {
    const ErrorRow& row = error.row;
    rows +=
        fmt::format("<tr><th>{}</th><td class=n>{}</td><td>{}:{}<br><code>{}</code></td></tr>\n",
                    NameOf(row.reason), Thousands(row.count), Text(error.path), row.first_line,
                    Text(row.sample.empty() ? row.message : row.sample));
  }
  return rows;
}

std::string FailedFiles(const CompletionReport& report) {
  std::string rows;
  for (const FileRow& file : report.failed_files) {
    rows += Line(Text(file.path), fmt::format("after line {}: {}", file.place.line, file.failure));
  }
  return rows;
}

std::string_view MoodOf(const CompletionReport& report) {
  if (!report.verdict || report.verdict->verdict == "unverified") return "open";
  return report.verdict->verdict == "all_there" ? "good" : "bad";
}

}  // namespace

std::string CompletionPage(const CompletionReport& report, const std::string& sha256) {
  return fmt::format(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
      "<meta name=viewport content=\"width=device-width\">\n<title>Replay {0}</title>\n"
      "<style>{1}</style></head>\n<body>\n<h1>Replay {0}</h1>\n"
      "<p class=\"verdict {2}\">{3}</p>\n{4}{5}{6}{7}"
      "<p>SHA-256 of <code>reprocess report {0} --json</code>:<br><code>{8}</code></p>\n"
      "</body></html>\n",
      Text(report.job.id), kStyle, MoodOf(report), Text(VerdictSentence(report)),
      Table("The job", About(report)), Table("The balance", Balance(report)),
      Table("Lines that were not sent, a sample each", Errors(report)),
      Table("Files that could not be read to their end", FailedFiles(report)), sha256);
}

}  // namespace reprocess
