#include "act/execute/observation.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

#include "act/execute/check_table.h"
#include "act/execute/list_places.h"
#include "act/execute/rdb_value.h"
#include "model/fingerprint.h"

namespace headroom::act {
namespace {

using wire::Reply;
using Words = std::vector<std::string_view>;

/// Values up to this size, by what the plan knew, are read without asking for their size first: a hundred of
/// them are no burden.
constexpr std::uint64_t small_value = 64U << 10U;

struct Part {
  Job* job;
  std::uint16_t key;
  ChangeKind kind;
};

}  // namespace

class Observer {
 public:
  Observer(wire::Link& link, Batch& batch, const Reading& reading)
      : pipeline_(link, reading.clock), batch_(batch), reading_(reading) {}

  void ask();
  Trouble hear(bool& fenced);

 private:
  bool watches() const { return batch_.way == Way::watched || batch_.way == Way::plain; }

  void prepare(Job& job);
  void watch();
  void ask(Job& job, const Words& words, Pipeline::Take take);
  void ask_for_all(const Words& words, Pipeline::Take take);
  void first_round();
  void read_step(Job& job);
  void ask_idle_checks(Job& job);
  void ask_checks(Job& job);
  void ask_check(Job& job, std::size_t i);
  void read_key(Job& job, std::uint16_t key, std::string_view type);
  void read_idle(Job& job, std::uint16_t key);
  void read_expiry(Job& job, std::uint16_t key);
  void read_value(Job& job, std::uint16_t key, std::string_view type);
  void read_dump(Job& job, std::uint16_t key);
  void read_string(Job& job, std::uint16_t key);
  void read_hash(Job& job, std::uint16_t key);
  void read_member(Job& job, std::size_t change);
  void read_strings();
  void read_streams();
  void read_holders();
  void ask_parts();
  void read_missed();
  void which_parts();
  void read_parts();

  Pipeline pipeline_;
  Batch& batch_;
  const Reading& reading_;
  std::int64_t now_ = 0;
  bool fenced_ = false;
  std::vector<Part> parts_{}, found_{}, strings_{}, large_{};
  std::int64_t parts_there_ = 0;
  std::map<std::string_view, Changes> streams_{};
  std::map<std::string_view, Changes> holders_{};  ///< keys that members are taken from
};

namespace {

/// Checks that only a hash passes. Another type answers them with an error and is left alone.
bool is_of_fields(CheckKind kind) {
  return kind == CheckKind::field_is || kind == CheckKind::field_missing ||
         kind == CheckKind::field_at_most || kind == CheckKind::fingerprint;
}

std::string_view type_by_checks(const Job& job, std::uint16_t key) {
  for (const auto& check : job.step.checks) {
    if (check.key != key) continue;
    if (check.kind == CheckKind::type_is) return check.text;
    if (check.kind == CheckKind::value_hash || check.kind == CheckKind::value_is) return "string";
    if (is_of_fields(check.kind)) return "hash";
  }
  return {};
}

const Check* find_check(const Job& job, CheckKind kind, const Change& change) {
  const auto& checks = job.step.checks;
  const auto found = std::find_if(checks.begin(), checks.end(), [&](const Check& check) {
    return check.kind == kind && check.key == change.key &&
           (kind == CheckKind::field_is ? check.member : check.text) == change.member;
  });
  return found == checks.end() ? nullptr : &*found;
}

bool planned_without_ttl(const Job& job, std::uint16_t key) {
  const auto* check = expiry_check(job.step, key);
  return check != nullptr && check->kind == CheckKind::no_ttl;
}

bool is_small(const Job& job) { return job.step.bytes > 0 && job.step.bytes <= small_value && !job.lost; }

/// Answers that say "there is none" to one who may not look, or under another policy.
std::int64_t number_or(const Reply& reply, std::int64_t other) {
  return reply.kind == Reply::Kind::integer ? reply.integer : other;
}

}  // namespace

void Observer::ask_for_all(const Words& words, Pipeline::Take take) {
  pipeline_.ask(words, [this, take = std::move(take)](const Reply& reply) {
    if (!reply.is_error()) return take(reply);
    if (batch_.refused.empty()) batch_.refused = reply.text;
  });
}

void Observer::ask(Job& job, const Words& words, Pipeline::Take take) {
  pipeline_.ask(words, [&job, take = std::move(take)](const Reply& reply) {
    if (reply.is_error() && !is_wrong_type(reply)) {
      if (job.refused.empty()) job.refused = reply.text;
      return;
    }
    take(reply);
  });
}

void Observer::prepare(Job& job) {
  job.keys.assign(job.step.keys.size(), {});
  job.members.assign(job.step.changes.size(), {});
  job.answers.assign(job.step.checks.size(), std::nullopt);
  job.fingerprints.assign(job.step.checks.size(), {});
  job.refused.clear();
  job.checks.clear();
  job.derived.clear();
  job.changes.clear();
}

void Observer::watch() {
  Words words{"WATCH"};
  for (auto& job : batch_.jobs) {
    if (batch_.way == Way::plain) {
      for (std::size_t k = 0; k < job.keys.size(); ++k) {
        words.push_back(job.step.keys[k]);
        job.keys[k].watched = true;
      }
      continue;
    }
    for (const auto& change : job.step.changes) {
      if (change.kind != ChangeKind::remove) continue;
      words.push_back(job.step.keys[change.key]);
      job.keys[change.key].watched = true;
    }
  }
  if (batch_.way == Way::plain && !reading_.fence_token.empty()) words.push_back(reading_.fence_key);
  if (words.size() == 1) return;
  ask_for_all(words, [](const Reply&) {});
}

void Observer::ask() {
  batch_.refused.clear();
  for (auto& job : batch_.jobs) prepare(job);
  if (!needs_reading(batch_)) return;
  first_round();
  pipeline_.send();
}

Trouble Observer::hear(bool& fenced) {
  if (auto trouble = pipeline_.run()) return trouble;
  fenced = fenced_;
  for (const auto& [key, changes] : holders_) places_in_turn(changes);
  read_missed();
  if (parts_there_ > 0) {
    which_parts();
    if (auto trouble = pipeline_.run()) return trouble;
    read_parts();
    if (auto trouble = pipeline_.run()) return trouble;
  }
  for (const auto& part : large_) {
    if (!part.job->keys[part.key].too_large) read_dump(*part.job, part.key);
  }
  return pipeline_.run();
}

void Observer::first_round() {
  if (watches()) watch();
  if (batch_.way == Way::plain && !reading_.fence_token.empty()) {
    pipeline_.ask({"GET", reading_.fence_key},
                  [this](const Reply& reply) { fenced_ = !reply.text.starts_with(reading_.fence_token); });
  }
  if (!reading_.traits.expire_nx) {
    pipeline_.ask({"TIME"}, [this](const Reply& reply) {
      if (reply.items.size() == 2)
        now_ = std::stoll(reply.items[0].text) * 1'000 + std::stoll(reply.items[1].text) / 1'000;
    });
  }
  for (auto& job : batch_.jobs) ask_idle_checks(job);
  for (auto& job : batch_.jobs) read_step(job);
  read_strings();
  read_streams();
  read_holders();
  for (auto& job : batch_.jobs) ask_checks(job);
  ask_parts();
}

void Observer::read_step(Job& job) {
  const auto& changes = job.step.changes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& change = changes[i];
    if (change.kind == ChangeKind::remove) {
      read_key(job, change.key, type_by_checks(job, change.key));
    } else if (is_part(change.kind)) {
      parts_.push_back({&job, change.key, change.kind});
    } else if (change.kind == ChangeKind::expire_at || change.kind == ChangeKind::persist) {
      if (expiry_check(job.step, change.key) == nullptr) read_expiry(job, change.key);
    } else {
      read_member(job, i);
    }
  }
}

/// Idle times that our own other reads would spoil, or that no script will look at.
void Observer::ask_idle_checks(Job& job) {
  const auto& checks = job.step.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (checks[i].kind != CheckKind::idle_at_least) continue;
    const bool spoiled = std::any_of(checks.begin(), checks.end(), [&](const Check& other) {
      return other.key == checks[i].key &&
             (other.kind == CheckKind::fingerprint || other.kind == CheckKind::value_hash);
    });
    if (batch_.way == Way::plain || spoiled) ask_check(job, i);
  }
}

/// What a script cannot do is asked always, everything where there is no script.
void Observer::ask_checks(Job& job) {
  const auto& checks = job.step.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const auto kind = checks[i].kind;
    const auto& state = job.keys[checks[i].key];
    if (kind == CheckKind::idle_at_least) continue;
    if (batch_.way == Way::plain) {
      ask_check(job, i);
    } else if (kind == CheckKind::value_hash && !state.value_asked) {
      ask(job, {"GET", job.step.keys[checks[i].key]}, [&job, key = checks[i].key](const Reply& reply) {
        if (reply.kind == Reply::Kind::text) job.keys[key].value = reply.text;
        job.keys[key].exists = reply.kind != Reply::Kind::nil;
      });
    } else if (kind == CheckKind::fingerprint && !state.fields_asked) {
      ask_check(job, i);
    }
  }
}

void Observer::ask_check(Job& job, std::size_t i) {
  const auto& check = job.step.checks[i];
  const auto commands = questions(check, job.step.keys[check.key], reading_.traits);
  const auto answers = std::make_shared<std::vector<Reply>>();
  for (std::size_t n = 0; n < commands.size(); ++n) {
    const Words words(commands[n].begin(), commands[n].end());
    ask(job, words, [this, &job, i, answers, whole = commands.size()](const Reply& reply) {
      answers->push_back(reply);
      if (answers->size() < whole) return;
      const auto& asked = job.step.checks[i];
      job.answers[i] = answers_hold(asked, *answers, reading_.traits);
      if (asked.kind == CheckKind::fingerprint) job.fingerprints[i] = fields_of(answers->front());
    });
  }
  if (commands.empty()) job.answers[i] = false;
  ask(job, {"EXISTS", job.step.keys[check.key]},
      [&job, key = check.key](const Reply& reply) { job.keys[key].exists = reply.integer == 1; });
}

void Observer::read_key(Job& job, std::uint16_t key, std::string_view type) {
  job.keys[key].read = true;
  read_idle(job, key);
  // Of a string that may have no TTL the script proves that anyway; what it found otherwise is read again.
  if (type == "string" && is_small(job) && batch_.way == Way::compared && planned_without_ttl(job, key) &&
      job.tries == 0)
    job.keys[key].expiry_as_planned = true;
  else
    read_expiry(job, key);
  read_value(job, key, type);
}

void Observer::read_idle(Job& job, std::uint16_t key) {
  const bool lfu = reading_.traits.lfu;
  pipeline_.ask({"OBJECT", lfu ? "FREQ" : "IDLETIME", job.step.keys[key]},
                [&job, key, lfu](const Reply& reply) {
                  (lfu ? job.keys[key].freq : job.keys[key].idle) = number_or(reply, -1);
                });
  const bool proves = std::any_of(job.step.checks.begin(), job.step.checks.end(), [&](const Check& check) {
    return check.kind == CheckKind::idle_at_least && check.key == key;
  });
  if (!proves) return;
  // What is shared by several keys has no idle time of its own.
  pipeline_.ask({"OBJECT", "REFCOUNT", job.step.keys[key]}, [&job, key](const Reply& reply) {
    if (number_or(reply, 0) != 1) job.keys[key].idle = -1;
  });
}

void Observer::read_expiry(Job& job, std::uint16_t key) {
  const bool exact = reading_.traits.expire_nx;
  ask(job, {exact ? "PEXPIRETIME" : "PTTL", job.step.keys[key]},
      [this, &job, key, exact](const Reply& reply) {
        auto& state = job.keys[key];
        state.read = true;
        state.there = reply.integer != -2;
        state.exists = state.there;
        state.expires_at = reply.integer < 0 ? -1 : exact ? reply.integer : now_ + reply.integer;
        state.expiry_slack = exact ? 0 : expiry_tolerance;
      });
}

void Observer::read_value(Job& job, std::uint16_t key, std::string_view type) {
  const bool small = is_small(job);
  const bool plain_hash = type == "hash" && !reading_.traits.fields_may_expire && batch_.way != Way::compared;
  if (type == "string" && small) {
    read_string(job, key);
  } else if (plain_hash && small) {
    read_hash(job, key);
  } else {
    large_.push_back({&job, key, ChangeKind::remove});
    ask(job, {"MEMORY", "USAGE", job.step.keys[key]}, [this, &job, key](const Reply& reply) {
      job.keys[key].too_large = static_cast<std::uint64_t>(number_or(reply, 0)) > reading_.largest_dump;
    });
  }
}

void Observer::read_string(Job& job, std::uint16_t key) {
  job.keys[key].value_asked = true;
  strings_.push_back({&job, key, ChangeKind::remove});
}

void Observer::read_hash(Job& job, std::uint16_t key) {
  job.keys[key].fields_asked = true;
  ask(job, {"HGETALL", job.step.keys[key]}, [&job, key](const Reply& reply) {
    if (reply.kind != Reply::Kind::array || reply.items.empty()) return;
    auto& fields = job.keys[key].fields.emplace();
    fields.reserve(reply.items.size());
    for (const auto& item : reply.items) fields.push_back(item.text);
  });
}

void Observer::read_dump(Job& job, std::uint16_t key) {
  ask(job, {"DUMP", job.step.keys[key]},
      [&job, key](const Reply& reply) { job.keys[key].dump = reply.text; });
}

/// One MGET for all. A key of another type answers nil there: no value, though the key is there.
void Observer::read_strings() {
  if (strings_.empty()) return;
  Words words{"MGET"};
  for (const auto& one : strings_) words.push_back(one.job->step.keys[one.key]);
  ask_for_all(words, [this](const Reply& reply) {
    for (std::size_t i = 0; i < reply.items.size() && i < strings_.size(); ++i) {
      auto& state = strings_[i].job->keys[strings_[i].key];
      const bool is_string = reply.items[i].kind == Reply::Kind::text;
      if (is_string) state.value = reply.items[i].text;
      if (is_string && state.expiry_as_planned) state.there = true, state.exists = true;
    }
  });
}

void Observer::read_member(Job& job, std::size_t i) {
  const auto& change = job.step.changes[i];
  const std::string_view key = job.step.keys[change.key];
  auto& member = job.members[i];
  const auto take_text = [&member](const Reply& reply) {
    if (const auto score = score_of(reply); reply.kind == Reply::Kind::real && score) {
      member.value = number_text(*score);
    } else if (reply.kind == Reply::Kind::text) {
      member.value = reply.text;
    }
  };
  if (change.kind != ChangeKind::stream_trim && change.kind != ChangeKind::list_push &&
      change.kind != ChangeKind::quarantine)
    holders_[key].push_back({&job, i});
  switch (change.kind) {
    case ChangeKind::zset_remove:
      if (const auto* known = find_check(job, CheckKind::score_is, change)) {
        member.value = number_text(known->real);
      } else {
        ask(job, {"ZSCORE", key, change.member}, take_text);
      }
      break;
    case ChangeKind::hash_remove:
      if (const auto* known = find_check(job, CheckKind::field_is, change)) {
        member.value = known->text;
      } else {
        ask(job, {"HGET", key, change.member}, take_text);
      }
      break;
    case ChangeKind::set_remove:
      ask(job, {"SISMEMBER", key, change.member}, [&member](const Reply& reply) {
        if (number_or(reply, 0) == 1) member.value = "";
      });
      break;
    case ChangeKind::list_remove:
      ask(job, {"LPOS", key, change.member, "COUNT", std::to_string(most_places)},
          [&member](const Reply& reply) {
            for (const auto& item : reply.items) member.places.push_back(item.integer);
          });
      break;
    case ChangeKind::stream_trim:
      streams_[key].push_back({&job, i});
      break;
    default:
      break;
  }
}

static std::vector<std::string> texts_of(const Reply& reply) {
  std::vector<std::string> texts;
  for (const auto& item : reply.items) texts.push_back(item.text);
  return texts;
}

/// Steps that trim the same stream one after the other share what is there, oldest first.
void Observer::read_streams() {
  for (const auto& [key, steps] : streams_) {
    std::int64_t limit = 0;
    for (const auto& [job, i] : steps) limit += job->step.changes[i].limit;
    ask(*steps.front().first, {"XLEN", key}, [&steps = steps](const Reply& reply) {
      for (const auto& [job, i] : steps)
        job->members[i].length = static_cast<std::uint64_t>(number_or(reply, 0));
    });
    ask(*steps.front().first,
        {"XRANGE", key, "-", "+", "COUNT", std::to_string(std::max<std::int64_t>(1, limit))},
        [&steps = steps](const Reply& reply) {
          std::size_t next = 0;
          for (const auto& [job, i] : steps) {
            const auto& change = job->step.changes[i];
            auto& member = job->members[i];
            const auto room =
                static_cast<std::int64_t>(member.length) - change.number - static_cast<std::int64_t>(next);
            for (auto left = std::min(room, change.limit); left > 0 && next < reply.items.size();
                 --left, ++next) {
              const auto& entry = reply.items[next];
              if (entry.items.size() == 2)
                member.entries.emplace_back(entry.items[0].text, texts_of(entry.items[1]));
            }
          }
        });
  }
}

/// A key that loses its last member goes, and its deadline with it: once for all steps that take members.
void Observer::read_holders() {
  const bool exact = reading_.traits.expire_nx;
  for (const auto& [key, changes] : holders_) {
    pipeline_.ask({exact ? "PEXPIRETIME" : "PTTL", key},
                  [this, exact, &changes = changes](const Reply& reply) {
                    const auto rest = number_or(reply, -1);
                    for (const auto& [job, i] : changes)
                      job->members[i].expires_at = rest < 0 ? -1 : exact ? rest : now_ + rest;
                  });
    if (!take_items(changes)) continue;
    pipeline_.ask({"LLEN", key}, [&changes = changes](const Reply& reply) {
      for (const auto& [job, i] : changes)
        job->members[i].length = static_cast<std::uint64_t>(number_or(reply, 0));
    });
  }
}

/// Parts are mostly not there: one question for all of them.
void Observer::ask_parts() {
  if (parts_.empty()) return;
  Words words{"EXISTS"};
  for (const auto& part : parts_) {
    words.push_back(part.job->step.keys[part.key]);
    part.job->keys[part.key].exists = false;
  }
  ask_for_all(words, [this](const Reply& reply) { parts_there_ = number_or(reply, 0); });
}

/// Is it gone, or no string any more?
void Observer::read_missed() {
  for (const auto& one : strings_) {
    auto& state = one.job->keys[one.key];
    if (state.value || !state.expiry_as_planned) continue;
    state.expiry_as_planned = false;
    read_expiry(*one.job, one.key);
  }
}

void Observer::which_parts() {
  for (const auto& part : parts_) {
    ask(*part.job, {"TYPE", part.job->step.keys[part.key]}, [this, part](const Reply& reply) {
      if (reply.text == "none") return;
      found_.push_back(part);
      part.job->keys[part.key].exists = true;
      part.job->keys[part.key].is_string = reply.text == "string";
    });
  }
}

/// WATCHed before they are read: what is journaled is what goes.
void Observer::read_parts() {
  strings_.clear();
  Words words{"WATCH"};
  for (const auto& part : found_) words.push_back(part.job->step.keys[part.key]);
  if (watches() && !found_.empty()) ask_for_all(words, [](const Reply&) {});
  for (const auto& part : found_) {
    auto& state = part.job->keys[part.key];
    state.watched = watches();
    if (part.kind == ChangeKind::remove_if_value_is && !state.is_string) continue;
    if (part.kind == ChangeKind::remove_if_there) {
      read_key(*part.job, part.key, {});
    } else {
      read_idle(*part.job, part.key);
      read_expiry(*part.job, part.key);
      read_string(*part.job, part.key);
    }
  }
  read_strings();
}

static bool asks(const Job& job) {
  const auto by_client = [](const Check& check) {
    return check.kind == CheckKind::value_hash || check.kind == CheckKind::fingerprint;
  };
  const auto reads = [&](const Change& change) {
    const bool expiry = change.kind == ChangeKind::expire_at || change.kind == ChangeKind::persist;
    return expiry ? expiry_check(job.step, change.key) == nullptr
                  : change.kind != ChangeKind::quarantine && change.kind != ChangeKind::list_push;
  };
  return std::any_of(job.step.checks.begin(), job.step.checks.end(), by_client) ||
         std::any_of(job.step.changes.begin(), job.step.changes.end(), reads);
}

bool needs_reading(const Batch& batch) {
  if (batch.way == Way::native) return false;
  return batch.way != Way::direct || std::any_of(batch.jobs.begin(), batch.jobs.end(), asks);
}

Observation::Observation(wire::Link& link, Batch& batch, const Reading& reading)
    : observer_(std::make_unique<Observer>(link, batch, reading)) {
  observer_->ask();
}
Observation::~Observation() = default;

Trouble Observation::hear(bool& fenced) { return observer_->hear(fenced); }

}  // namespace headroom::act
