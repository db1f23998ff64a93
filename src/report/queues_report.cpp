#include "report/queues_report.h"

#include <algorithm>

#include "base/text.h"
#include "report/pieces.h"

namespace headroom::report {
namespace {

using Moment = std::optional<std::chrono::milliseconds>;

Value states_value(const QueueState& queue) {
  Object states;
  for (const auto& [name, jobs] : queue.states) states.push_back({name, count_value(jobs)});
  return states;
}

Value queue_bytes(const QueueState& queue) {
  if (queue.parts.empty()) return {};
  Bytes sum;
  for (const auto& [role, bytes] : queue.parts) sum += bytes;
  return sum;
}

Value queue_parts(const QueueState& queue) {
  List parts;
  for (const auto& [role, bytes] : queue.parts)
    parts.emplace_back(Object{{"role", role}, {"keys", Value{}}, {"bytes", bytes}});
  return parts;
}

Value optional_count(const std::optional<std::uint64_t>& count) {
  return count ? count_value(*count) : Value{};
}

Value events_value(const QueueState& queue) {
  if (!queue.event_entries && !queue.event_cap && !queue.event_bytes) return {};
  return Object{{"entries", optional_count(queue.event_entries)},
                {"cap", optional_count(queue.event_cap)},
                {"bytes", optional_value(queue.event_bytes)}};
}

Value instant_value(const Moment& moment) { return moment ? Value{Instant{*moment}} : Value{}; }

Value age_value(const Moment& moment, const ServerFacts& server) {
  if (!moment || server.server_time.count() == 0) return {};
  // Scores are written by clients: a nonsense number must not overflow the difference.
  constexpr std::chrono::milliseconds limit = std::chrono::hours{24 * 365 * 10'000};
  return Duration{server.server_time - std::clamp(*moment, -limit, limit)};
}

std::vector<Value> queue_row(const QueueState& queue, const ServerFacts& server) {
  return {KeyName{queue.owner},
          family_value(queue.family),
          count_value(queue.db),
          text_value(queue.version),
          states_value(queue),
          queue_bytes(queue),
          queue_parts(queue),
          events_value(queue),
          instant_value(queue.oldest_finished),
          age_value(queue.oldest_finished, server),
          instant_value(queue.last_activity),
          age_value(queue.last_activity, server),
          queue.heartbeat_age ? Value{Duration{*queue.heartbeat_age}} : Value{},
          optional_count(queue.schedulers),
          text_value(queue.retention),
          List(queue.flags.begin(), queue.flags.end())};
}

}  // namespace

Report queues_report(const ServerFacts& server, std::span<const QueueState> queues) {
  Report report{"headroom.queues/1", "Queues of " + server.target};
  report.facts = {for_programs("target", server.target),
                  for_programs("time", moment_value(server)),
                  server_field(server),
                  for_people("Server", server_text(server)),
                  for_people("Time", moment_value(server)),
                  for_people("Queues", count_value(queues.size()))};
  const bool many_databases = std::any_of(
      queues.begin(), queues.end(), [&](const QueueState& queue) { return queue.db != queues.front().db; });
  Table table{"queues",
              "Queues",
              {{"owner", "Queue"},
               {"family", "Family"},
               {"db", "Db", many_databases},
               {"version", "Version"},
               {"states", "jobs", true, true},
               {"bytes", "Bytes"},
               {"parts", "parts"},
               {"events", "events", true, true},
               {"oldest_finished", "", false},
               {"oldest_finished_age", "Oldest finished"},
               {"last_activity", "", false},
               {"last_activity_age", "Last activity"},
               {"heartbeat_age", "Heartbeat"},
               {"schedulers", "Schedulers"},
               {"retention", "retention", true, true},
               {"flags", "flags", true, true}}};
  table.text_rows = 0;
  for (const QueueState& queue : queues) table.rows.push_back(queue_row(queue, server));
  report.tables.push_back(std::move(table));
  note_missing(server, report.notes);
  return report;
}

}  // namespace headroom::report
