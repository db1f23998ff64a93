#include "report/plan_report.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "model/pattern_group.h"
#include "report/names.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

std::uint64_t keys_of(const PlanHeader& plan) {
  std::uint64_t keys = 0;
  for (const auto& rule : plan.rules) keys += rule.keys;
  return keys;
}

Bytes bytes_of(const PlanHeader& plan) {
  Bytes bytes;
  for (const auto& rule : plan.rules) bytes += rule.bytes;
  return bytes;
}

Table rules_table(const PlanHeader& plan) {
  Table table{"rules",
              "Rules",
              {{"rule", "Rule"},
               {"owner", "Owner"},
               {"family", "Family", false},
               {"what", "What"},
               {"removal", "How"},
               {"steps", "Steps", false},
               {"keys", "Keys"},
               {"members", "Members"},
               {"bytes", "Bytes"},
               {"why", "why", true, true}}};
  table.text_rows = 0;
  for (const auto& rule : plan.rules)
    table.rows.push_back({rule.name, name_value(rule.owner), text_value(rule.family), rule.what,
                          std::string(removal_name(rule.removal)), count_value(rule.steps),
                          count_value(rule.keys), count_value(rule.members), rule.bytes, rule.why});
  return table;
}

Table left_alone_table(const PlanHeader& plan) {
  Table table{"left_alone",
              "Left alone",
              {{"rule", "Rule"},
               {"owner", "Owner"},
               {"keys", "Keys"},
               {"bytes", "Bytes"},
               {"examples", "", false},
               {"why", "why", true, true}}};
  for (const auto& group : plan.left_alone) {
    List examples;
    for (const auto& key : group.examples) examples.emplace_back(KeyName{key});
    table.rows.push_back({group.rule, name_value(group.owner), count_value(group.keys), group.bytes,
                          std::move(examples), group.why});
  }
  return table;
}

Table expiries_table(const PlanFacts& facts) {
  constexpr std::array<std::string_view, ttl_bucket_count> edges{"1 min", "10 min", "1 h",  "6 h",
                                                                 "1 d",   "7 d",    "30 d", "later"};
  Table table{
      "expiries", "TTLs that the plan gives, by when they end", {{"within", "Within"}, {"keys", "Keys"}}};
  for (std::size_t i = 0; i < facts.expiries.size() && i < edges.size(); ++i)
    if (facts.expiries[i] != 0) table.rows.push_back({std::string(edges[i]), count_value(facts.expiries[i])});
  if (facts.most_expiries_per_second != 0)
    table.note =
        fmt::format("At most {} keys expire in a second.", human_count(facts.most_expiries_per_second));
  return table;
}

Table blocking_table(const PlanFacts& facts) {
  Table table{"blocking", "Holds the server up for a millisecond or more", {{"what", "What"}}};
  for (const auto& what : facts.blocking) table.rows.push_back({what});
  return table;
}

Field facts_object(const PlanFacts& facts) {
  return for_programs("facts",
                      Object{{"frees", facts.frees},
                             {"frees_later", facts.frees_later},
                             {"needs", facts.needs},
                             {"journal", facts.journal},
                             {"replication", facts.replication},
                             {"seconds", Duration{facts.duration}},
                             {"most_expiries_per_second", count_value(facts.most_expiries_per_second)}});
}

Field server_object(const PlanServer& server) {
  return for_programs("server", Object{{"version", text_value(server.version)},
                                       {"role", text_value(server.role)},
                                       {"run_id", text_value(server.run_id)},
                                       {"replid", text_value(server.replid)},
                                       {"replicas", count_value(server.replicas)},
                                       {"keys", count_value(server.keys)},
                                       {"used_memory", server.used_memory},
                                       {"maxmemory", server.maxmemory},
                                       {"maxmemory_policy", text_value(server.maxmemory_policy)}});
}

std::string frees_text(const PlanFacts& facts) {
  auto text = human_bytes(facts.frees);
  if (facts.frees_later.count != 0) text += fmt::format(" now, {} later", human_bytes(facts.frees_later));
  return text;
}

}  // namespace

Report plan_report(const PlanHeader& plan, const std::string& file, std::vector<std::string> notes) {
  const auto& facts = plan.facts;
  Report report{"headroom.plan/1", "Plan for " + plan.server.address};
  const auto keys = keys_of(plan);
  report.facts = {
      {"run", plan.id, "Plan"},
      {"file", text_value(file), "File", file.empty() ? Audience::programs : Audience::everyone},
      for_programs("target", plan.server.address),
      for_programs("source", text_value(plan.source)),
      for_programs("made", Instant{plan.made}),
      {"expires", Instant{plan.expires}, "Good until"},
      server_object(plan.server),
      for_programs("steps", count_value(plan.steps)),
      {"keys", count_value(keys), "Keys"},
      for_people("Of all", share_value(static_cast<double>(keys), static_cast<double>(plan.server.keys))),
      for_programs("bytes", bytes_of(plan)),
      for_people("Frees", frees_text(facts)),
      for_people("Journal", fmt::format("{} on the disk of this machine", human_bytes(facts.journal))),
      for_people("Replication", fmt::format("{} to replicas and the AOF", human_bytes(facts.replication))),
      for_people("Takes about", Duration{facts.duration}),
      for_programs("over_limit", plan.over_limit),
      for_programs("phrase", text_value(plan.phrase)),
      facts_object(facts)};
  report.tables = {rules_table(plan), left_alone_table(plan), expiries_table(facts), blocking_table(facts)};
  report.notes = std::move(notes);
  return report;
}

void add_plan(Report& run, const PlanHeader& plan) {
  run.facts.push_back(for_programs("source", text_value(plan.source)));
  run.facts.push_back(facts_object(plan.facts));
  for (const auto& table : {left_alone_table(plan), expiries_table(plan.facts), blocking_table(plan.facts)})
    run.tables.push_back(table);
}

}  // namespace headroom::report
