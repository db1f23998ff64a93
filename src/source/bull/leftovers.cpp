#include "source/bull/leftovers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "model/fingerprint.h"
#include "source/bull/members.h"
#include "source/bull/reads.h"

namespace headroom::source::bull {
namespace {

using wire::Reply;

void queue_words(wire::Link& link, Words words) { link.queue({words.begin(), words.size()}); }

std::optional<std::chrono::seconds> idle_in(const Reply& reply) {
  if (reply.kind != Reply::Kind::integer) return std::nullopt;
  return std::chrono::seconds(reply.integer);
}

Bytes bytes_in(const Reply& reply) {
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(reply)))};
}

std::optional<std::string> text_in(const Reply& reply) {
  return reply.kind == Reply::Kind::text ? std::optional(reply.text) : std::nullopt;
}

void take_time(const std::optional<std::string>& text, std::optional<std::chrono::milliseconds>& newest) {
  if (!text) return;
  std::int64_t ms = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), ms);
  if (read.ec != std::errc() || ms <= 0) return;
  const std::chrono::milliseconds time(ms);
  if (!newest || *newest < time) newest = time;
}

/// HMGET of the fingerprint's fields, then name, parentKey, gid.
void take_fields(const Reply& reply, BullCandidate& one) {
  constexpr auto own = fingerprint_fields.size();
  if (reply.items.size() != own + 3) return;
  std::vector<std::optional<std::string>> fields;
  for (std::size_t i = 0; i < own; ++i) fields.push_back(text_in(reply.items[i]));
  one.fingerprint = fingerprint(fields);
  for (std::size_t i = 0; i < 3; ++i) take_time(fields[i], one.newest);  // timestamp, processedOn, finishedOn
  one.has_timestamp = fields[0].has_value();
  one.has_name = reply.items[own].kind == Reply::Kind::text;
  one.parent = reply.items[own + 1].text;
  one.grouped = reply.items[own + 2].kind == Reply::Kind::text;
}

class Candidates {
 public:
  Candidates(wire::Link& link, const BullQueue& queue, std::span<const std::string> ids) : link_(link) {
    for (const auto& id : ids) {
      all_.emplace_back().id = id;
      keys_.push_back(queue.key(id));
    }
  }
  Result<std::vector<BullCandidate>> look_at() {
    for (const auto step : {&Candidates::ask_hashes, &Candidates::ask_parts, &Candidates::ask_all_fields,
                            &Candidates::ask_parents})
      if (const auto done = (this->*step)(); !done) return fail(done.error());
    return std::move(all_);
  }

 private:
  Result<bool> ask_hashes() {
    std::vector<std::string_view> fields{"HMGET", ""};
    fields.insert(fields.end(), fingerprint_fields.begin(), fingerprint_fields.end());
    fields.insert(fields.end(), {"name", "parentKey", "gid"});
    constexpr std::size_t questions = 7;
    return ask_each(
        link_, all_.size(), questions,
        [&](std::size_t i) {
          queue_words(link_, {"OBJECT", "IDLETIME", keys_[i]});
          queue_words(link_, {"TYPE", keys_[i]});
          fields[1] = keys_[i];
          link_.queue(fields);
          queue_words(link_, {"HEXISTS", keys_[i], "data"});
          queue_words(link_, {"HEXISTS", keys_[i], "opts"});
          queue_words(link_, {"EXISTS", keys_[i] + ":lock"});
          queue_words(link_, {"MEMORY", "USAGE", keys_[i], "SAMPLES", "1000"});
        },
        [&](std::size_t n, const Reply& reply) { take(all_[n / questions], n % questions, reply); });
  }

  static void take(BullCandidate& one, std::size_t question, const Reply& reply) {
    if (question == 0) one.idle = idle_in(reply);
    if (question == 1) one.there = reply.text == "hash";
    if (question == 2 && one.there) take_fields(reply, one);
    if (question == 3) one.has_data = number_in(reply) == 1;
    if (question == 4) one.has_opts = number_in(reply) == 1;
    if (question == 5) one.locked = number_in(reply) == 1;
    if (question == 6) one.bytes = bytes_in(reply);
  }

  /// One command for those without any, as most are.
  Result<bool> ask_parts() {
    std::vector<std::size_t> with;
    const auto asked = ask_each(
        link_, all_.size(), 1,
        [&](std::size_t i) {
          std::vector<std::string> names;
          for (const auto& part : bull_job_parts) names.push_back(keys_[i] + ":" + std::string(part.suffix));
          std::vector<std::string_view> command{"EXISTS"};
          command.insert(command.end(), names.begin(), names.end());
          link_.queue(command);
        },
        [&](std::size_t i, const Reply& reply) {
          if (number_in(reply) != 0) with.push_back(i);
        });
    if (!asked) return asked;
    constexpr std::size_t questions = bull_job_parts.size() * 3;
    return ask_each(
        link_, with.size(), questions,
        [&](std::size_t n) {
          for (const auto& part : bull_job_parts) {
            const auto key = keys_[with[n]] + ":" + std::string(part.suffix);
            queue_words(link_, {"TYPE", key});
            queue_words(link_, {"HEXISTS", key, "timestamp"});
            queue_words(link_, {"MEMORY", "USAGE", key, "SAMPLES", "1000"});
          }
        },
        [&](std::size_t n, const Reply& reply) {
          take_part(all_[with[n / questions]], n % questions, reply);
        });
  }

  static void take_part(BullCandidate& one, std::size_t question, const Reply& reply) {
    const auto part = question / 3;
    const auto bit = static_cast<BullJobParts>(1U << part);
    if (question % 3 == 0 && reply.text == bull_job_parts[part].type) one.parts |= bit;
    if (question % 3 == 1 && number_in(reply) == 1) one.parts = static_cast<BullJobParts>(one.parts & ~bit);
    if (question % 3 == 2 && (one.parts & bit) != 0) one.bytes += bytes_in(reply);
  }

  Result<bool> ask_all_fields() {
    std::vector<std::size_t> odd;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (all_[i].there && !all_[i].has_name && !all_[i].has_data && !all_[i].has_timestamp &&
          all_[i].bytes.count < 1'000'000)
        odd.push_back(i);
    return ask_each(
        link_, odd.size(), 1,
        [&](std::size_t i) {
          queue_words(link_, {"HKEYS", keys_[odd[i]]});
        },
        [&](std::size_t i, const Reply& reply) {
          for (const auto& field : reply.items) all_[odd[i]].fields.push_back(field.text);
        });
  }

  Result<bool> ask_parents() {
    std::vector<std::size_t> children;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (!all_[i].parent.empty()) children.push_back(i);
    std::vector<bool> parent_there(children.size());
    return ask_each(
        link_, children.size(), 2,
        [&](std::size_t i) {
          const auto& parent = all_[children[i]].parent;
          queue_words(link_, {"EXISTS", parent});
          queue_words(link_, {"SISMEMBER", parent + ":dependencies", keys_[children[i]]});
        },
        [&](std::size_t n, const Reply& reply) {
          if (n % 2 == 0) parent_there[n / 2] = number_in(reply) == 1;
          if (n % 2 == 1) all_[children[n / 2]].awaited = parent_there[n / 2] && number_in(reply) == 1;
        });
  }

  wire::Link& link_;
  std::vector<BullCandidate> all_{};
  std::vector<std::string> keys_{};
};

/// "bull:mail:17" under "bull:": a key of a queue of the same prefix.
bool is_of_queue(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return false;
  const auto colon = key.find(':', prefix.size());
  return colon != std::string_view::npos && colon > prefix.size() && colon + 1 < key.size();
}

/// What HSCAN, SSCAN or ZSCAN gave first; of hashes and zsets every second text is an entry.
void take_entries(const Reply& reply, std::size_t stride, std::string_view prefix, BullSubKey& one) {
  if (reply.items.size() != 2) return;
  const auto& entries = reply.items[1].items;
  one.of_queues = !entries.empty();
  for (std::size_t i = 0; i < entries.size(); i += stride) {
    if (entries[i].text.find(':') == std::string::npos) one.of_children = false;
    if (!is_of_queue(entries[i].text, prefix)) one.of_queues = false;
  }
}

/// Tells the children of a job from a job, and measures. This marks the keys as used.
Result<bool> look_into(wire::Link& link, std::vector<BullSubKey>& all, std::string_view prefix,
                       const std::function<std::string(const BullSubKey&)>& key_of) {
  const auto scan_of = [&](const BullSubKey& one) -> std::string_view {
    const auto type = bull_job_parts[one.part].type;
    return type == "set" ? "SSCAN" : type == "zset" ? "ZSCAN" : "HSCAN";
  };
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].there) which.push_back(i);
  return ask_each(
      link, which.size(), 3,
      [&](std::size_t i) {
        const auto key = key_of(all[which[i]]);
        queue_words(link, {"HEXISTS", key, "timestamp"});
        queue_words(link, {scan_of(all[which[i]]), key, "0", "COUNT", "10"});
        queue_words(link, {"MEMORY", "USAGE", key, "SAMPLES", "1000"});
      },
      [&](std::size_t n, const Reply& reply) {
        auto& one = all[which[n / 3]];
        if (n % 3 == 0) {
          one.is_job = number_in(reply) == 1;
          one.there = !one.is_job;
        } else if (n % 3 == 1) {
          take_entries(reply, scan_of(one) == "SSCAN" ? 1 : 2, prefix, one);
        } else if (n % 3 == 2) {
          one.bytes = bytes_in(reply);
        }
      });
}

using KeyTypes = std::vector<std::pair<std::string, std::string>>;

/// Of the keys, those with a TTL and their types.
Result<bool> add_with_ttl(wire::Link& link, const std::vector<std::string>& keys, KeyTypes& found) {
  std::vector<bool> has(keys.size());
  return ask_each(
      link, keys.size(), 2,
      [&](std::size_t i) {
        queue_words(link, {"PTTL", keys[i]});
        queue_words(link, {"TYPE", keys[i]});
      },
      [&](std::size_t n, const Reply& reply) {
        if (n % 2 == 0) has[n / 2] = number_in(reply) >= 0;
        if (n % 2 == 1 && has[n / 2]) found.emplace_back(keys[n / 2], reply.text);
      });
}

}  // namespace

Result<std::vector<BullCandidate>> candidates(wire::Link& link, const BullQueue& queue,
                                              std::span<const std::string> ids) {
  return Candidates(link, queue, ids).look_at();
}

Result<bool> mark_named(wire::Link& link, const BullQueue& queue, std::span<const std::string_view> states,
                        std::span<BullCandidate> all) {
  for (const auto state : states) {
    const auto key = queue.key(state);
    const auto asked = ask_each(
        link, all.size(), 1,
        [&](std::size_t i) {
          queue_words(link, {"ZSCORE", key, all[i].id});
        },
        [&](std::size_t i, const Reply& reply) {
          if (reply.kind != Reply::Kind::nil && !reply.is_error()) all[i].named = true;
        });
    if (!asked) return asked;
  }
  return true;
}

Result<std::vector<BullSubKey>> sub_keys(wire::Link& link, const BullQueue& queue,
                                         std::span<const std::pair<std::string, std::size_t>> names) {
  std::vector<BullSubKey> all(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) all[i].id = names[i].first, all[i].part = names[i].second;
  if (all.empty()) return all;
  const auto counter = queue.key("id");
  const auto key_of = [&](const BullSubKey& one) {
    return queue.key(one.id) + ":" + std::string(bull_job_parts[one.part].suffix);
  };
  const auto asked = ask_each(
      link, all.size(), 3,
      [&](std::size_t i) {
        const auto key = key_of(all[i]);
        queue_words(link, {"OBJECT", "IDLETIME", key});
        queue_words(link, {"TYPE", key});
        queue_words(link, {"EXISTS", queue.key(all[i].id)});
      },
      [&](std::size_t n, const Reply& reply) {
        auto& one = all[n / 3];
        if (n % 3 == 0) one.idle = idle_in(reply);
        if (n % 3 == 1)
          one.there = reply.text == bull_job_parts[one.part].type, one.is_job = reply.text == "hash";
        if (n % 3 == 2) one.job_there = number_in(reply) == 1;
      });
  if (!asked) return fail(asked.error());
  const auto prefix = std::string_view(queue.root).substr(0, queue.root.rfind(':') + 1);
  if (const auto looked = look_into(link, all, prefix, key_of); !looked) return fail(looked.error());
  const auto given = link.call(std::array{std::string_view("GET"), std::string_view(counter)});
  if (!given) return fail(given.error());
  std::uint64_t ids = 0;
  std::from_chars(given->text.data(), given->text.data() + given->text.size(), ids);
  for (auto& one : all) one.counter = ids;
  return all;
}

Result<std::vector<BullDeduplication>> deduplications(wire::Link& link, const BullQueue& queue,
                                                      std::span<const std::string> suffixes) {
  std::vector<BullDeduplication> all(suffixes.size());
  for (std::size_t i = 0; i < suffixes.size(); ++i) all[i].key = queue.key(suffixes[i]);
  auto asked = ask_each(
      link, all.size(), 3,
      [&](std::size_t i) {
        queue_words(link, {"PTTL", all[i].key});
        queue_words(link, {"GET", all[i].key});
        queue_words(link, {"MEMORY", "USAGE", all[i].key});
      },
      [&](std::size_t n, const Reply& reply) {
        if (n % 3 == 0) all[n / 3].has_ttl = number_in(reply) != -1;
        if (n % 3 == 1) all[n / 3].id = text_in(reply).value_or("");
        if (n % 3 == 2) all[n / 3].bytes = bytes_in(reply);
      });
  if (asked)
    asked = ask_each(
        link, all.size(), 1,
        [&](std::size_t i) {
          queue_words(link, {"EXISTS", queue.key(all[i].id)});
        },
        [&](std::size_t i, const Reply& reply) { all[i].job_there = number_in(reply) == 1; });
  if (!asked) return fail(asked.error());
  return all;
}

Result<bool> danglers(wire::Link& link, const BullQueue& queue, std::string_view state,
                      const std::function<bool(std::string_view)>& unseen,
                      const std::function<Result<bool>(const BullDangler&)>& take) {
  std::map<std::string, std::optional<double>> doubtful;  // windows overlap: an id comes twice
  const bool list = state == "wait" || state == "paused";
  const auto key = queue.key(state);
  const auto read = list ? each_item(link, key,
                                     [&](std::string_view id) {
                                       if (unseen(id)) doubtful.try_emplace(std::string(id));
                                     })
                         : each_member(link, key, [&](std::string_view id, double score) {
                             if (unseen(id)) doubtful.try_emplace(std::string(id), score);
                           });
  if (!read) return read;
  std::vector<BullDangler> all;
  for (const auto& [id, score] : doubtful) all.push_back({std::string(state), id, score});
  std::vector<bool> there(all.size());
  const auto asked = ask_each(
      link, all.size(), 1,
      [&](std::size_t i) {
        queue_words(link, {"EXISTS", queue.key(all[i].id)});
      },
      [&](std::size_t i, const Reply& reply) { there[i] = number_in(reply) != 0; });
  if (!asked) return asked;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!there[i])
      if (const auto taken = take(all[i]); !taken) return taken;
  return true;
}

Result<KeyTypes> keys_with_ttl(wire::Link& link, const BullQueue& queue, bool jobs_too) {
  std::vector<std::string> keys;
  for (const auto& part : bull_queue_parts)
    if (!part.may_expire) keys.push_back(queue.key(part.suffix));
  auto read = each_member(link, queue.key("repeat"), [&](std::string_view id, double) {
    keys.push_back(queue.key("repeat:" + std::string(id)));
  });
  const auto add_job = [&](std::string_view id) { keys.push_back(queue.key(id)); };
  const auto add_parent = [&](std::string_view id, double) {
    add_job(id);
    keys.push_back(queue.key(id) + ":dependencies");
    keys.push_back(queue.key(id) + ":processed");
  };
  if (jobs_too) {
    for (const auto state : {"delayed", "prioritized"})
      if (read) read = each_member(link, queue.key(state), [&](std::string_view id, double) { add_job(id); });
    if (read) read = each_member(link, queue.key("waiting-children"), add_parent);
    for (const auto state : {"paused", "wait", "active"})
      if (read) read = each_item(link, queue.key(state), add_job);
  }
  if (!read) return fail(read.error());
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  KeyTypes found;
  if (const auto asked = add_with_ttl(link, keys, found); !asked) return fail(asked.error());
  return found;
}

}  // namespace headroom::source::bull
