#include "act/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"

namespace headroom::act {
namespace {

using Words = std::vector<std::string>;
using Templates = std::set<Words>;

// Stands for a key in the tables below; no command has such a word.
constexpr std::string_view a_key = "\x01key";

Words words_of(std::string_view line) {
  Words words;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    const auto word = line.substr(at, end - at);
    words.emplace_back(word == "$" ? a_key : word);
    at = end + 1;
  }
  return words;
}

/// Lines divided by ';', "$" for a key.
void add_lines(Templates& all, std::string_view lines) {
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = std::min(lines.find(';', at), lines.size());
    all.insert(words_of(lines.substr(at, end - at)));
    at = end + 1;
  }
}

/// What the executor asks and its script calls (act/execute). Of lengths and members any type may be meant.
std::string_view asked_by(CheckKind kind) {
  switch (kind) {
    case CheckKind::absent:
      return "EXISTS $";
    case CheckKind::type_is:
      return "TYPE $";
    case CheckKind::no_ttl:
      return "PTTL $";
    case CheckKind::expires_at:
      return "PTTL $";
    case CheckKind::idle_at_least:
      return "OBJECT IDLETIME $;OBJECT REFCOUNT $";
    case CheckKind::value_hash:
    case CheckKind::value_is:
      return "GET $";
    case CheckKind::length_at_most:
      return "LLEN $;SCARD $;ZCARD $;HLEN $;XLEN $";
    case CheckKind::score_is:
      return "ZSCORE $ m";
    case CheckKind::member:
    case CheckKind::no_member:
      return "TYPE $;ZSCORE $ m;SISMEMBER $ m;HEXISTS $ m";
    case CheckKind::not_listed:
      return "LLEN $;LPOS $ m";
    case CheckKind::field_is:
    case CheckKind::field_at_most:
      return "HGET $ m";
    case CheckKind::field_missing:
      return "HEXISTS $ m";
    case CheckKind::fingerprint:
      return "HMGET $ m";
  }
  return {};
}

/// With what has to be read first for the journal.
std::string_view made_by(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is:
      return "UNLINK $;DUMP $;GET $;MGET $;HGETALL $;PTTL $;MEMORY USAGE $";
    case ChangeKind::expire_at:
      return "PEXPIREAT $ 1;PTTL $";
    case ChangeKind::persist:
      return "PERSIST $;PTTL $";
    case ChangeKind::quarantine:
      return "RENAMENX $ q";
    case ChangeKind::zset_remove:
      return "ZREM $ m;ZSCORE $ m;PTTL $";
    case ChangeKind::set_remove:
      return "SREM $ m;SISMEMBER $ m;PTTL $";
    case ChangeKind::hash_remove:
      return "HDEL $ m;HGET $ m;PTTL $";
    case ChangeKind::list_remove:
      return "LREM $ 1 m;LPOS $ m;LLEN $;PTTL $";
    case ChangeKind::list_push:
      return "RPUSH $ m";
    case ChangeKind::stream_trim:
      return "XTRIM $ MINID 0;XDEL $ 0-1;XLEN $;XRANGE $ - + COUNT 1";
  }
  return {};
}

/// What undo asks and its script calls (act/undoing), with what it takes back when a step fails half-way.
std::string_view undone_by(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is:
      return "RESTORE $ 0 m;UNLINK $";
    case ChangeKind::expire_at:
    case ChangeKind::persist:
      return "PTTL $;PERSIST $;PEXPIREAT $ 1";
    case ChangeKind::quarantine:
      return "RENAMENX $ q";
    case ChangeKind::zset_remove:
      return "ZADD $ 1 m;ZSCORE $ m;ZREM $ m;PEXPIREAT $ 1";
    case ChangeKind::set_remove:
      return "SADD $ m;SISMEMBER $ m;SREM $ m;PEXPIREAT $ 1";
    case ChangeKind::hash_remove:
      return "HSET $ f m;HGET $ f;HDEL $ f;PEXPIREAT $ 1";
    case ChangeKind::list_remove:
      return "RPUSH $ m;LPUSH $ m;LPOS $ m;LLEN $;LINDEX $ 0;LSET $ 0 m;LINSERT $ BEFORE m m;LREM $ 1 m;"
             "PEXPIREAT $ 1";
    case ChangeKind::list_push:
      return "LREM $ 1 m;LPOS $ m;RPUSH $ m";
    case ChangeKind::stream_trim:
      return "XINFO STREAM $;XINFO GROUPS $;XRANGE $ - + COUNT 1;XADD $ 0-1 f m;XSETID $ 0-1;PEXPIRE $ 1;"
             "PEXPIREAT $ 1;PERSIST $;PTTL $;RENAME $ $;UNLINK $;MEMORY USAGE $;DUMP $;RESTORE $ 0 m";
  }
  return {};
}

bool holds_others(std::string_view command) {
  constexpr std::string_view containers[] = {"OBJECT", "MEMORY", "XINFO", "SCRIPT"};
  return std::find(std::begin(containers), std::end(containers), command) != std::end(containers);
}

}  // namespace

void Needs::add(const Step& step) {
  for (const auto& check : step.checks) checks_.insert(check.kind);
  for (const auto& change : step.changes) changes_.insert(change.kind);
  if (!step.keys.empty()) add_key(step.keys.front());
}

void Needs::add_key(std::string_view key) {
  constexpr std::size_t enough = 8;
  if (keys_.size() >= enough) return;
  const auto like = [&](const std::string& other) { return key_rule(other) == key_rule(key); };
  if (std::none_of(keys_.begin(), keys_.end(), like)) keys_.emplace_back(key);
}

std::string Needs::Use::rule() const {
  std::string name = words.front();
  if (words.size() > 1 && holds_others(name)) name += "|" + words[1];
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return "+" + name;
}

const std::string& Needs::Use::key() const { return words[holds_others(words.front()) ? 2 : 1]; }

std::set<Words> Needs::templates(bool exact_times, bool lfu) const {
  Templates all;
  add_lines(all, "PING;INFO;TIME;SELECT 0;TYPE $;EXISTS $");
  if (purpose_ == Purpose::apply)
    for (const auto kind : checks_) add_lines(all, asked_by(kind));
  for (const auto kind : changes_)
    add_lines(all, purpose_ == Purpose::apply ? made_by(kind) : undone_by(kind));
  const bool journaled = all.contains(words_of("DUMP $"));
  if (journaled) add_lines(all, lfu ? "OBJECT FREQ $" : "OBJECT IDLETIME $");
  if (exact_times && all.contains(words_of("PTTL $"))) add_lines(all, "PEXPIRETIME $");
  return all;
}

std::vector<Needs::Use> Needs::uses(std::string_view version, bool lfu, bool lease) const {
  std::vector<Use> uses;
  for (const auto& one : templates(release_of(version) >= 7'000, lfu)) {
    const bool keyed = std::find(one.begin(), one.end(), a_key) != one.end();
    for (std::size_t i = 0; i < (keyed ? keys_.size() : 1); ++i) {
      Use use{one};
      for (auto& word : use.words)
        if (word == a_key) word = keys_[i];
      // In quarantine: of the same slot where a cluster judges it, and under the pattern of its names.
      if (one.front() == "RENAMENX") use.words[2] = "headroom:q:0:{" + keys_[i] + "}";
      uses.push_back(std::move(use));
    }
  }
  if (lease)
    for (const auto line : {"SET headroom:lease m NX PX 1", "GET headroom:lease", "PEXPIRE headroom:lease 1"})
      uses.push_back({words_of(line)});
  return uses;
}

std::vector<Needs::Use> script_uses(std::string_view key) {
  return {{{"EVAL", "return 1", "1", std::string(key)}},
          {{"EVALSHA", std::string(40, '0'), "1", std::string(key)}}};
}

std::vector<Needs::Use> watch_uses(std::string_view key) {
  return {{{"WATCH", std::string(key)}}, {{"UNWATCH"}}, {{"MULTI"}}, {{"EXEC"}}, {{"DISCARD"}}};
}

int release_of(std::string_view version) {
  int major = 0, minor = 0;
  const auto* end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc{}) return 0;
  if (first.ptr != end) std::from_chars(first.ptr + 1, end, minor);
  return major * 1'000 + minor;
}

std::uint32_t rdb_version_of(std::string_view version) {
  const int release = release_of(version);
  if (release < 4'000) return release >= 3'002 ? 7 : 6;
  if (release < 5'000) return 8;
  if (release < 7'000) return 9;
  if (release < 7'002) return 10;
  return release < 7'004 ? 11 : 12;
}

std::string key_rule(std::string_view key) {
  const auto colon = key.find(':');
  if (colon != std::string_view::npos && colon > 0) return "~" + std::string(key.substr(0, colon + 1)) + "*";
  // "celery-task-meta-" and an id: what stands before the last five blocks of a UUID, or the last block.
  auto stem = key;
  for (int blocks = 0; blocks < 5 && stem.find('-') != std::string_view::npos; ++blocks)
    stem = stem.substr(0, stem.rfind('-'));
  const bool uuid = key.size() > 36 && stem.size() + 37 == key.size();
  return uuid ? "~" + std::string(stem) + "-*" : "~" + std::string(key);
}

}  // namespace headroom::act
