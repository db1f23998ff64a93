#include "report/repack_report.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

struct KindWords {
  std::string_view name{}, what{};
  std::string_view value{}, entries{};  ///< settings; empty: no such limit
};

KindWords words_of(Repacked kind) {
  switch (kind) {
    case Repacked::hash:
      return {"hash", "hashes", "hash-max-listpack-value", "hash-max-listpack-entries"};
    case Repacked::zset:
      return {"zset", "sorted sets", "zset-max-listpack-value", "zset-max-listpack-entries"};
    case Repacked::set:
      return {"set", "sets", "set-max-listpack-value", "set-max-listpack-entries"};
    case Repacked::set_of_integers:
      return {"set_of_integers", "sets of integers", "", "set-max-intset-entries"};
    default:
      return {"list", "lists", "list-max-listpack-size", ""};
  }
}

/// What the server of that version calls a setting: the listpacks of 7.0 took the place of ziplists.
std::string spelled(std::string_view setting, std::string_view version) {
  unsigned major = 7;
  std::from_chars(version.data(), version.data() + version.size(), major);
  std::string name(setting);
  const auto at = name.find("listpack");
  if (major < 7 && at != std::string::npos) name.replace(at, std::string_view("listpack").size(), "ziplist");
  return name;
}

struct SettingLine {
  std::string name{};
  std::int64_t value = 0;
};

/// What has to be set for a choice: nothing where the lowest limits do.
std::vector<SettingLine> settings_of(const RepackChoice& choice, const RepackSums& sums,
                                     const std::string& version) {
  const auto words = words_of(choice.kind);
  const auto rungs = ladder(choice.kind);
  std::vector<SettingLine> lines;
  if (choice.value > 0) lines.push_back({spelled(words.value, version), rungs.values[choice.value]});
  if (choice.entry > 0 && sums.under(choice.kind, choice.value, choice.entry - 1).bytes < choice.saved.bytes)
    lines.push_back({spelled(words.entries, version), rungs.entries[choice.entry]});
  return lines;
}

Value bytes_value(std::int64_t bytes) {
  const auto exact = static_cast<double>(bytes);
  return BytesEstimate{{exact, exact, exact}};
}
Value bytes_value(double bytes) { return BytesEstimate{{bytes, bytes, bytes}}; }

std::string bytes_words(std::int64_t bytes) {
  return human_bytes(Bytes{static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0))});
}

/// Of all that is advised.
RepackSum advised(const RepackAdvice& advice, const RepackSums& sums) {
  RepackSum sum;
  for (const auto& choice : advice.choices)
    if (choice.worth) sum.add(sums.under(choice.kind, choice.value, choice.entry));
  return sum;
}

std::string limits_text(const std::vector<SettingLine>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", line.name, line.value);
  return text.empty() ? "as they are" : text;
}

std::string why(const RepackChoice& choice, bool no_limits, const RepackAdvice& advice) {
  const auto what = words_of(choice.kind).what;
  const auto share =
      advice.total.bytes > 0 ? static_cast<double>(choice.saved.bytes) / advice.total.bytes : 0;
  if (!choice.worth)
    return fmt::format("Leave it: {} of all bytes is not worth a change.", human_share(std::max(share, 0.0)));
  std::string text;
  if (no_limits)
    text = fmt::format(
        "The limits are wide enough: {} {} lie in tables only because they once outgrew them, "
        "or were lower; made anew they are packed.",
        human_count(choice.saved.keys), what);
  else
    text = fmt::format(
        "{} {} become one blob each; these are the smallest limits that save 95 % of what is "
        "to be had within reason.",
        human_count(choice.saved.keys), what);
  const auto beyond = choice.most.bytes - choice.saved.bytes;
  if (beyond > choice.saved.bytes / 20)
    text += fmt::format(
        " The highest limits tried would save {} more, but operations on such long blobs walk "
        "through all of them.",
        bytes_words(beyond));
  return text;
}

Table advice_table(const RepackAdvice& advice, const std::string& version) {
  Table table{"advice",
              "Advice, by kind of value",
              {{"kind", "Kind"},
               {"limits", "Limits"},
               {"keys", "Keys"},
               {"bytes_saved", "Saved"},
               {"advised", "Advised"},
               {"bytes_saved_made_anew", "", false},
               {"bytes_saved_most", "", false},
               {"why", "why", true, true}}};
  table.text_rows = 0;
  for (const auto& choice : advice.choices) {
    if (choice.most.bytes <= 0) continue;
    const auto lines = settings_of(choice, advice.total.sums, version);
    table.rows.push_back({std::string(words_of(choice.kind).name), limits_text(lines),
                          count_value(choice.saved.keys), bytes_value(choice.saved.bytes), choice.worth,
                          bytes_value(choice.made_anew.bytes), bytes_value(choice.most.bytes),
                          why(choice, lines.empty(), advice)});
  }
  return table;
}

Table commands_table(const RepackAdvice& advice, const std::string& version) {
  Table table{"commands",
              "Commands, and what to write into redis.conf so that it lasts",
              {{"command", "Command"}, {"redis_conf", "redis.conf"}}};
  table.text_rows = 0;
  for (const auto& choice : advice.choices) {
    if (!choice.worth) continue;
    for (const auto& line : settings_of(choice, advice.total.sums, version))
      table.rows.push_back({fmt::format("CONFIG SET {} {}", line.name, line.value),
                            fmt::format("{} {}", line.name, line.value)});
  }
  if (!table.rows.empty())
    table.note = "First CONFIG GET *-max-*: where a limit is higher already, leave it.";
  return table;
}

/// Whether a rung saves more than those just below it.
bool saves_more(Repacked kind, const RepackSums& sums, std::size_t v, std::size_t e) {
  const auto keys = sums.under(kind, v, e).keys;
  const auto lower = v > 0 ? sums.under(kind, v - 1, e) : RepackSum{};
  const auto fewer = e > 0 ? sums.under(kind, v, e - 1) : RepackSum{};
  // Of lists, every size of node has all keys.
  if (kind == Repacked::list) return sums.under(kind, v, e).bytes != lower.bytes;
  return keys > lower.keys && keys > fewer.keys;
}

/// Calls visit(kind, value, entries, sum, advised) for every rung that is not idle.
void each_rung(const RepackAdvice& advice, const RepackSums& sums, const auto& visit) {
  for (const auto& choice : advice.choices) {
    const auto rungs = ladder(choice.kind);
    for (std::size_t e = 0; e < rungs.entries.size(); ++e)
      for (std::size_t v = 0; v < rungs.values.size(); ++v) {
        const bool is_advised = choice.worth && v == choice.value && e == choice.entry;
        if (!is_advised && !saves_more(choice.kind, sums, v, e)) continue;
        const auto sum = sums.under(choice.kind, v, e);
        const auto limit = [](std::int64_t number) { return number == 0 ? Value{} : Value{number}; };
        visit(std::string(words_of(choice.kind).name), limit(rungs.values[v]), limit(rungs.entries[e]), sum,
              is_advised);
      }
  }
}

Table owners_table(const RepackAdvice& advice) {
  Table table{"owners",
              "Owners, most to save first",
              {{"owner", "Owner"},
               {"family", "Family"},
               {"db", "Db", false},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"bytes_saved", "Saved"},
               {"bytes_after", "After"},
               {"settings", "", false}}};
  for (const auto& owner : advice.owners) {
    const auto saved = advised(advice, owner.all.sums).bytes;
    List settings;
    each_rung(advice, owner.all.sums, [&](auto kind, auto value, auto entries, const RepackSum& sum, bool) {
      settings.emplace_back(Object{{"kind", kind},
                                   {"value", value},
                                   {"entries", entries},
                                   {"keys", count_value(sum.keys)},
                                   {"bytes_saved", bytes_value(sum.bytes)}});
    });
    table.rows.push_back({name_value(owner.owner), family_value(owner.family), count_value(owner.db),
                          count_value(owner.all.keys), bytes_value(owner.all.bytes), bytes_value(saved),
                          bytes_value(owner.all.bytes - static_cast<double>(saved)), std::move(settings)});
  }
  return table;
}

Table jobs_table(const RepackAdvice& advice) {
  Table table{"jobs",
              "Bytes per job, now and then",
              {{"owner", "Queue"},
               {"family", "Family"},
               {"db", "Db", false},
               {"jobs", "Jobs"},
               {"bytes_per_job", "Now"},
               {"bytes_per_job_after", "After"}}};
  for (const auto& owner : advice.owners) {
    if (owner.jobs.keys == 0) continue;
    const auto jobs = static_cast<double>(owner.jobs.keys);
    const auto saved = static_cast<double>(advised(advice, owner.jobs.sums).bytes);
    table.rows.push_back({name_value(owner.owner), family_value(owner.family), count_value(owner.db),
                          count_value(owner.jobs.keys), bytes_value(owner.jobs.bytes / jobs),
                          bytes_value((owner.jobs.bytes - saved) / jobs)});
  }
  return table;
}

Table settings_table(const RepackAdvice& advice) {
  Table table{"settings",
              "All limits tried",
              {{"kind", "Kind"},
               {"value", "Value"},
               {"entries", "Entries"},
               {"keys", "Keys"},
               {"bytes_saved", "Saved"},
               {"advised", "Advised"}}};
  each_rung(advice, advice.total.sums,
            [&](auto kind, auto value, auto entries, const RepackSum& sum, bool is_advised) {
              table.rows.push_back(
                  {kind, value, entries, count_value(sum.keys), bytes_value(sum.bytes), is_advised});
            });
  table.note = "Limits that pack no more than the next lower ones are left out.";
  return table;
}

void add_notes(const Survey& survey, bool any, std::vector<std::string>& notes) {
  note_scan(survey.scan, notes);
  note_faults(survey.faults, notes);
  if (any) {
    notes.emplace_back(
        "CONFIG SET changes no key that is there: a value in a table stays in one until its key is made "
        "anew. "
        "New jobs are packed at once, so a queue changes as its jobs come and go. What stays changes by "
        "DUMP and RESTORE ... REPLACE key by key (keep the TTL; idle times begin anew, and replicas and "
        "keyspace listeners see it), by a restart that loads an RDB file, or on a replica that was given "
        "the limits before it synchronised.");
    notes.emplace_back(
        "A blob is searched from its beginning: HGET, HSET and ZADD take time with its length. With the "
        "limits advised that is microseconds; far higher ones cost CPU.");
    notes.emplace_back(
        "Saved are bytes of used_memory. What the system sees (RSS) falls when jemalloc gives pages back: "
        "with activedefrag yes, or after a restart.");
  }
  if (survey.source == "rdb" && survey.server.allocator.empty() && survey.server.quantum == 0)
    notes.emplace_back(
        "The file does not say how its server allocates memory, and its used_memory does not decide: bytes "
        "are "
        "those of jemalloc with a quantum of 8. Debian's has 16, which changes them by some 10 %: "
        "--allocator "
        "jemalloc-16.");
  note_missing(survey.server, notes);
  notes.insert(notes.end(), survey.notes.begin(), survey.notes.end());
}

}  // namespace

Report repack_report(const Survey& survey, const RepackAdvice& advice) {
  Report report{"headroom.repack/1", "Repack of " + survey.server.target};
  if (!survey.scan.complete) report.title += " (PARTIAL)";
  const auto saved = advised(advice, advice.total.sums).bytes;
  const auto& version = survey.server.version;
  report.facts = {for_programs("target", survey.server.target),
                  for_programs("source", survey.source),
                  for_programs("complete", survey.scan.complete),
                  for_programs("time", moment_value(survey.server)),
                  server_field(survey.server),
                  for_people("Server", server_text(survey.server)),
                  {"keys", count_value(advice.total.keys)},
                  {"bytes", bytes_value(advice.total.bytes)},
                  {"bytes_saved", bytes_value(saved), "Saved by what is advised"},
                  {"share_saved", share_value(static_cast<double>(saved), advice.total.bytes), "Of all"},
                  {"bytes_after", bytes_value(advice.total.bytes - static_cast<double>(saved)), "After"}};
  report.tables = {advice_table(advice, version), commands_table(advice, version), owners_table(advice),
                   jobs_table(advice), settings_table(advice)};
  add_notes(survey, saved > 0, report.notes);
  return report;
}

}  // namespace headroom::report
