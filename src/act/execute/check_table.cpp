#include "act/execute/check_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "act/execute/rdb_value.h"
#include "base/hash.h"
#include "model/fingerprint.h"

namespace headroom::act {
namespace {

using wire::Reply;

std::string text_of(std::int64_t number) { return std::to_string(number); }

std::string_view length_command(std::string_view type) {
  if (type == "list") return "LLEN";
  if (type == "set") return "SCARD";
  if (type == "zset") return "ZCARD";
  if (type == "hash") return "HLEN";
  return type == "stream" ? "XLEN" : std::string_view{};
}

const std::string* field(const std::vector<std::string>& flat, std::string_view name) {
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
    if (flat[i] == name) return &flat[i + 1];
  }
  return nullptr;
}

std::vector<std::optional<std::string>> fingerprint_of(const std::vector<std::string>& flat) {
  std::vector<std::optional<std::string>> found;
  for (const auto name : fingerprint_fields) {
    const auto* value = field(flat, name);
    found.push_back(value != nullptr ? std::optional(*value) : std::nullopt);
  }
  return found;
}

bool hash_is(const Check& check, std::string_view value) {
  return static_cast<std::int64_t>(hash_bytes(value)) == check.number;
}

bool at_most(std::string_view text, std::int64_t most) {
  const auto number = plain_number(text);
  return number && *number <= static_cast<double>(most);
}

std::optional<bool> judged_by_value(const Check& check, const std::string& value) {
  switch (check.kind) {
    case CheckKind::type_is:
      return check.text == "string";
    case CheckKind::value_hash:
      return hash_is(check, value);
    case CheckKind::value_is:
      return value == check.text;
    default:
      return std::nullopt;
  }
}

std::optional<bool> judged_by_fields(const Check& check, const std::vector<std::string>& flat) {
  const auto* named = field(flat, check.member);
  switch (check.kind) {
    case CheckKind::type_is:
      return check.text == "hash";
    case CheckKind::length_at_most:
      if (check.text != "hash") return std::nullopt;
      return std::cmp_less_equal(flat.size() / 2, check.number);
    case CheckKind::member:
      return field(flat, check.text) != nullptr;
    case CheckKind::no_member:
      return field(flat, check.text) == nullptr;
    case CheckKind::field_is:
      return named != nullptr && *named == check.text;
    case CheckKind::field_missing:
      return named == nullptr;
    case CheckKind::field_at_most:
      return named != nullptr && at_most(*named, check.number);
    case CheckKind::fingerprint:
      return fingerprint(fingerprint_of(flat)) == check.number;
    default:
      return std::nullopt;
  }
}

bool is_integer(const Reply& reply) { return reply.kind == Reply::Kind::integer; }
bool is_text(const Reply& reply) { return reply.kind == Reply::Kind::text; }

bool expiry_holds(const Check& check, std::span<const Reply> answers, const ServerTraits& traits) {
  if (!is_integer(answers[0])) return false;
  if (traits.expire_nx) return answers[0].integer == check.number;
  if (answers[0].integer < 0 || answers[1].items.size() != 2) return false;
  const auto part = [&](std::size_t i) {
    return std::strtoll(answers[1].items[i].text.c_str(), nullptr, 10);
  };
  const auto at = part(0) * 1'000 + part(1) / 1'000 + answers[0].integer;
  return std::llabs(at - check.number) <= expiry_tolerance;
}

/// Answers to TYPE, ZSCORE, SISMEMBER, HEXISTS; empty: the key is not there, or cannot have members.
std::optional<bool> has_member(std::span<const Reply> answers) {
  const auto& type = answers[0].text;
  if (type == "zset") return answers[1].kind != Reply::Kind::nil;
  if (type == "set") return answers[2].integer == 1;
  if (type == "hash") return answers[3].integer == 1;
  return std::nullopt;
}

}  // namespace

std::string number_text(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{:.17g}", value);
}

std::optional<double> plain_number(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789.") != digits.npos) return std::nullopt;
  const auto dot = digits.find('.');
  if (dot == 0 || (dot != digits.npos && digits.find('.', dot + 1) != digits.npos)) return std::nullopt;
  return std::strtod(std::string(text).c_str(), nullptr);
}

bool is_wrong_type(const Reply& reply) { return reply.is_error() && reply.error_prefix() == "WRONGTYPE"; }

std::optional<double> score_of(const Reply& reply) {
  if (reply.kind == Reply::Kind::real) return reply.real;
  if (is_integer(reply)) return static_cast<double>(reply.integer);
  if (!is_text(reply)) return std::nullopt;
  return std::strtod(reply.text.c_str(), nullptr);
}

std::vector<std::optional<std::string>> fields_of(const Reply& reply) {
  std::vector<std::optional<std::string>> found;
  for (const auto& item : reply.items) {
    found.push_back(is_text(item) ? std::optional(item.text) : std::nullopt);
  }
  return found;
}

std::optional<ScriptOp> script_check(const Check& check, std::string_view key, const ServerTraits& traits) {
  const auto op = [&](std::string_view code, auto... more) {
    return std::optional<ScriptOp>(script_op(code, key, std::move(more)...));
  };
  switch (check.kind) {
    case CheckKind::absent:
      return op("absent");
    case CheckKind::type_is:
      return op("type", check.text);
    case CheckKind::no_ttl:
      return op("nottl");
    case CheckKind::expires_at:
      return op(traits.expire_nx ? "expires" : "nears", text_of(check.number));
    case CheckKind::idle_at_least:
      return op("idle", text_of(check.number));
    case CheckKind::value_is:
      return op("value", check.text);
    case CheckKind::length_at_most: {
      const auto command = length_command(check.text);
      return command.empty() ? std::nullopt : op("length", std::string(command), text_of(check.number));
    }
    case CheckKind::score_is:
      return op("score", check.text, number_text(check.real));
    case CheckKind::member:
      return op("member", check.text);
    case CheckKind::no_member:
      return op("nomember", check.text);
    case CheckKind::not_listed:
      return op("notlisted", check.text, text_of(check.number));
    case CheckKind::field_is:
      return op("field", check.member, check.text);
    case CheckKind::field_missing:
      return op("nofield", check.member);
    case CheckKind::field_at_most:
      return op("fieldmost", check.member, text_of(check.number));
    case CheckKind::value_hash:
    case CheckKind::fingerprint:
      return std::nullopt;
  }
  return std::nullopt;
}

const Check* expiry_check(const Step& step, std::uint16_t key) {
  const auto found = std::find_if(step.checks.begin(), step.checks.end(), [&](const Check& check) {
    return check.key == key && (check.kind == CheckKind::no_ttl || check.kind == CheckKind::expires_at);
  });
  return found == step.checks.end() ? nullptr : &*found;
}

std::optional<bool> judged_by_state(const Check& check, const KeyState& state) {
  if (!state.read) return std::nullopt;
  if (state.expiry_as_planned && (check.kind == CheckKind::no_ttl || check.kind == CheckKind::expires_at))
    return std::nullopt;
  if (check.kind == CheckKind::absent) return !state.there;
  if (!state.there) {
    // Without a key there is nothing to be true of it, but for what says that something is missing.
    if (check.kind == CheckKind::no_member || check.kind == CheckKind::not_listed) return true;
    return check.kind == CheckKind::length_at_most && check.number >= 0;
  }
  switch (check.kind) {
    case CheckKind::no_ttl:
      return state.expires_at < 0;
    case CheckKind::expires_at:
      return std::llabs(state.expires_at - check.number) <= state.expiry_slack;
    case CheckKind::idle_at_least:
      return state.idle < 0 ? std::nullopt : std::optional(state.idle >= check.number);
    default:
      break;
  }
  if (state.value) return judged_by_value(check, *state.value);
  if (state.fields) return judged_by_fields(check, *state.fields);
  if (check.kind == CheckKind::type_is && !state.dump.empty()) return type_of_body(state.dump) == check.text;
  return std::nullopt;
}

std::vector<std::vector<std::string>> questions(const Check& check, std::string_view name,
                                                const ServerTraits& traits) {
  const std::string key(name);
  switch (check.kind) {
    case CheckKind::absent:
      return {{"EXISTS", key}};
    case CheckKind::type_is:
      return {{"TYPE", key}};
    case CheckKind::no_ttl:
      return {{"PTTL", key}};
    case CheckKind::expires_at:
      if (traits.expire_nx) return {{"PEXPIRETIME", key}};
      return {{"PTTL", key}, {"TIME"}};
    case CheckKind::idle_at_least:
      return {{"OBJECT", "IDLETIME", key}, {"OBJECT", "REFCOUNT", key}};
    case CheckKind::value_hash:
    case CheckKind::value_is:
      return {{"GET", key}};
    case CheckKind::length_at_most: {
      const auto command = length_command(check.text);
      if (command.empty()) return {};
      return {{std::string(command), key}};
    }
    case CheckKind::score_is:
      return {{"ZSCORE", key, check.text}};
    case CheckKind::member:
    case CheckKind::no_member:
      return {{"TYPE", key},
              {"ZSCORE", key, check.text},
              {"SISMEMBER", key, check.text},
              {"HEXISTS", key, check.text}};
    case CheckKind::not_listed:  // MAXLEN 0 would mean: look at all of it
      return {{"LLEN", key},
              {"LPOS", key, check.text, "MAXLEN", text_of(std::max<std::int64_t>(1, check.number))}};
    case CheckKind::field_is:
    case CheckKind::field_at_most:
      return {{"HGET", key, check.member}};
    case CheckKind::field_missing:
      return {{"EXISTS", key}, {"HEXISTS", key, check.member}};
    case CheckKind::fingerprint: {
      std::vector<std::string> words{"HMGET", key};
      words.insert(words.end(), fingerprint_fields.begin(), fingerprint_fields.end());
      return {std::move(words)};
    }
  }
  return {};
}

bool answers_hold(const Check& check, std::span<const Reply> answers, const ServerTraits& traits) {
  if (answers.empty()) return false;
  const Reply& first = answers[0];
  switch (check.kind) {
    case CheckKind::absent:
      return is_integer(first) && first.integer == 0;
    case CheckKind::type_is:
      return first.text == check.text;
    case CheckKind::no_ttl:
      return is_integer(first) && first.integer == -1;
    case CheckKind::expires_at:
      return expiry_holds(check, answers, traits);
    case CheckKind::idle_at_least:
      // Small numbers that are shared have one clock for all keys, which a new key finds as it is.
      return answers.size() == 2 && is_integer(first) && first.integer >= check.number &&
             is_integer(answers[1]) && answers[1].integer == 1;
    case CheckKind::value_hash:
      return is_text(first) && hash_is(check, first.text);
    case CheckKind::value_is:
      return is_text(first) && first.text == check.text;
    case CheckKind::length_at_most:
      return is_integer(first) && first.integer <= check.number;
    case CheckKind::score_is: {
      const auto score = score_of(first);
      return score && *score == check.real;
    }
    case CheckKind::member:
      return has_member(answers).value_or(false);
    case CheckKind::no_member: {
      const auto has = has_member(answers);
      return has ? !*has : first.text == "none";
    }
    case CheckKind::not_listed:
      return is_integer(first) && first.integer <= check.number && answers[1].kind == Reply::Kind::nil;
    case CheckKind::field_is:
      return is_text(first) && first.text == check.text;
    case CheckKind::field_at_most:
      return is_text(first) && at_most(first.text, check.number);
    case CheckKind::field_missing:
      return first.integer == 1 && is_integer(answers[1]) && answers[1].integer == 0;
    case CheckKind::fingerprint:
      return first.kind == Reply::Kind::array && fingerprint(fields_of(first)) == check.number;
  }
  return false;
}

}  // namespace headroom::act
