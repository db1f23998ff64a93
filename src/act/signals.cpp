#include "act/signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace headroom::act {
namespace {

using namespace std::string_view_literals;

// A replica tells its offset once a second (redis src/replication.c, replicationCron).
constexpr std::uint64_t oldest_word_of_a_replica = 3;  // seconds

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The part behind `name` in "ip=127.0.0.1,port=7001,state=online,offset=14,lag=0".
std::string_view part(std::string_view line, std::string_view name) {
  while (!line.empty()) {
    const auto comma = std::min(line.find(','), line.size());
    const auto entry = line.substr(0, comma);
    line.remove_prefix(std::min(comma + 1, line.size()));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return entry.substr(name.size() + 1);
  }
  return {};
}

/// How far behind the replica of this line is; empty: it does not tell, or has not for seconds.
std::optional<std::uint64_t> lag_of(std::string_view line, std::optional<std::uint64_t> written) {
  const auto offset = number(part(line, "offset"));
  const auto silent = number(part(line, "lag"));
  if (!written || !offset || !silent || *silent > oldest_word_of_a_replica) return std::nullopt;
  return *written > *offset ? *written - *offset : 0;
}

void read_replicas(const wire::InfoText& replication, Signals& signals) {
  const auto written = replication.number("master_repl_offset");
  signals.lag = 0;
  for (std::uint64_t i = 0; i < signals.replicas && i < 1000; ++i) {
    const auto line = replication.text(fmt::format("slave{}", i));
    const auto state = part(line, "state");
    if (!state.empty() && state != "online") {
      signals.syncing = true;
      continue;
    }
    const auto lag = lag_of(line, written);
    signals.lag = lag && signals.lag ? std::optional(std::max(*lag, *signals.lag)) : std::nullopt;
  }
}

std::uint64_t needed(const wire::InfoText& info, std::string_view field, Signals& signals) {
  const auto value = info.number(field);
  if (!value && signals.missing.empty()) signals.missing = fmt::format("INFO does not tell {}", field);
  return value.value_or(0);
}

}  // namespace

Signals read_signals(const wire::InfoText& replication, const wire::InfoText& persistence,
                     const wire::InfoText& memory) {
  Signals signals;
  if (replication.text("role").empty()) signals.missing = "INFO does not tell role";
  signals.replica = replication.text("role") == "slave";
  signals.loading = needed(persistence, "loading", signals) != 0;
  signals.saving = needed(persistence, "rdb_bgsave_in_progress", signals) != 0;
  signals.rewriting = needed(persistence, "aof_rewrite_in_progress", signals) != 0;
  signals.replicas = needed(replication, "connected_slaves", signals);
  signals.lazyfree = needed(memory, "lazyfree_pending_objects", signals);
  if (signals.replicas == 0) return signals;
  signals.replica_buffers = needed(memory, "mem_clients_slaves", signals);
  read_replicas(replication, signals);
  return signals;
}

std::uint64_t replica_buffer_limit(std::string_view setting) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < setting.size();) {
    const auto end = std::min(setting.find(' ', at), setting.size());
    if (end > at) words.push_back(setting.substr(at, end - at));
    at = end + 1;
  }
  for (std::size_t i = 0; i + 3 < words.size(); i += 4) {
    if (words[i] != "slave" && words[i] != "replica") continue;
    const auto hard = number(words[i + 1]).value_or(0), soft = number(words[i + 2]).value_or(0);
    return hard == 0 || soft == 0 ? std::max(hard, soft) : std::min(hard, soft);
  }
  return usual_replica_buffer_limit;
}

void RoundTrips::add(Time ended, Span length) {
  trips_.emplace_back(ended, length);
  // The last two stay, however old: what they say holds until something else is known.
  while (trips_.size() > 2 && ended - trips_.front().first > std::chrono::seconds(10)) trips_.pop_front();
}

RoundTrips::Span RoundTrips::p99() const {
  if (trips_.empty()) return {};
  std::vector<Span> lengths;
  for (const auto& [ended, length] : trips_) lengths.push_back(length);
  std::sort(lengths.begin(), lengths.end());
  const std::size_t longer = std::max<std::size_t>(1, lengths.size() / 100);
  return lengths[lengths.size() > longer ? lengths.size() - 1 - longer : 0];
}

RoundTrips::Span RoundTrips::least() const {
  Span least{};
  for (const auto& [ended, length] : trips_)
    if (least == Span{} || length < least) least = length;
  return least;
}

RoundTrips::Span RoundTrips::last_two() const {
  if (trips_.size() < 2) return {};
  return std::min(trips_.back().second, trips_[trips_.size() - 2].second);
}

namespace {

Reason why_wait_for_replicas(const Signals& signals, std::uint64_t buffer_limit,
                             const PressureLimits& limits) {
  if (signals.syncing) return {"a replica is getting its first copy", {}};
  if (signals.replicas > 0 && !signals.lag)
    return {"how far the replicas are behind is not known", "one has not told for seconds, or never does"};
  if (signals.lag && *signals.lag > limits.most_replica_lag)
    return {"a replica is behind", human_bytes({*signals.lag})};
  const double most = static_cast<double>(buffer_limit) * limits.most_replica_buffer;
  if (buffer_limit > 0 && static_cast<double>(signals.replica_buffers) > most)
    return {"buffers of replicas fill up", human_bytes({signals.replica_buffers})};
  return {};
}

}  // namespace

Reason why_wait(const Signals& signals, std::uint64_t buffer_limit, RoundTrips::Span p99,
                const PressureLimits& limits) {
  if (!signals.missing.empty()) return {"the server's state is not known", signals.missing};
  if (signals.loading) return {"the server is loading its data", {}};
  if (signals.saving) return {"BGSAVE is running", "changes now would double the memory it takes"};
  if (signals.rewriting) return {"an AOF rewrite is running", "changes now would double the memory it takes"};
  if (auto reason = why_wait_for_replicas(signals, buffer_limit, limits)) return reason;
  if (signals.lazyfree > limits.most_lazyfree)
    return {"freed memory is still to be given back", human_count(signals.lazyfree) + " objects"};
  if (p99 > limits.most_round_trip)
    return {"the server answers slowly",
            fmt::format("p99 {} ms", std::chrono::duration_cast<std::chrono::milliseconds>(p99).count())};
  return {};
}

bool in_window(const std::vector<PressureLimits::Window>& windows, int minute) {
  return windows.empty() || std::any_of(windows.begin(), windows.end(), [&](const auto& window) {
           return window.from_minute < window.to_minute
                      ? minute >= window.from_minute && minute < window.to_minute
                      : minute >= window.from_minute || minute < window.to_minute;
         });
}

}  // namespace headroom::act
