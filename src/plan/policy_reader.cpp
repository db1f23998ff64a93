#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <set>

#include "base/glob.h"
#include "base/nearest.h"
#include "base/text.h"
#include "plan/policy.h"
#include "plan/setting_text.h"

namespace headroom::plan {
namespace {

/// What is wrong with a value, without its place.
struct Wrong {
  std::string what{};
  std::string remedy{};
};
using Verdict = std::optional<Wrong>;

Verdict outside(const std::string& least, const std::string& most) {
  return Wrong{fmt::format("is out of range: {} to {} is allowed", least, most), ""};
}

Verdict read_value(const toml::node& node, Range, bool& out) {
  const auto value = node.value_exact<bool>();
  if (!value) return Wrong{"must be true or false", "without quotes"};
  out = *value;
  return {};
}

template <std::unsigned_integral Number>
Verdict read_value(const toml::node& node, Range range, Number& out) {
  const auto most = std::min<std::uint64_t>(range.most, std::numeric_limits<Number>::max());
  const auto value = node.value_exact<std::int64_t>();
  if (!value) return Wrong{"must be a whole number", "without quotes, point or exponent"};
  if (*value < 0 || static_cast<std::uint64_t>(*value) < range.least ||
      static_cast<std::uint64_t>(*value) > most)
    return outside(written(range.least), written(most));
  out = static_cast<Number>(*value);
  return {};
}

/// A text that `read` understands; `unit` and `example` are for the message.
template <class T>
Verdict read_amount(const toml::node& node, std::optional<T> (*read)(std::string_view),
                    std::string_view example, std::optional<T>& out) {
  if (node.is_number())
    return Wrong{"needs a unit", fmt::format("write it as a text with its unit: \"{}\"", example)};
  const auto text = node.value_exact<std::string>();
  if (text) out = read(*text);
  if (!out) return Wrong{"is no amount with a unit", fmt::format("for example \"{}\"", example)};
  return {};
}

Verdict read_value(const toml::node& node, Range range, std::chrono::seconds& out) {
  std::optional<std::chrono::seconds> value;
  if (auto wrong = read_amount(node, read_seconds, "24h", value)) return wrong;
  const auto seconds = [](std::uint64_t count) {
    return std::chrono::seconds(static_cast<std::int64_t>(count));
  };
  if (*value < seconds(range.least) || *value > seconds(range.most))
    return outside(written(seconds(range.least)), written(seconds(range.most)));
  out = *value;
  return {};
}

Verdict read_value(const toml::node& node, Range range, Bytes& out) {
  std::optional<Bytes> value;
  if (auto wrong = read_amount(node, read_size, "500MB", value)) return wrong;
  if (value->count < range.least || value->count > range.most)
    return outside(written(Bytes{range.least}), written(Bytes{range.most}));
  out = *value;
  return {};
}

Verdict read_value(const toml::node& node, Range range, double& out) {
  std::optional<double> value;
  if (auto wrong = read_amount(node, read_percent, "20%", value)) return wrong;
  const auto least = static_cast<double>(range.least) / 1e6, most = static_cast<double>(range.most) / 1e6;
  if (!(*value >= least && *value <= most)) return outside(written(least), written(most));
  out = *value;
  return {};
}

Verdict read_value(const toml::node& node, Range, std::string& out) {
  const auto value = node.value_exact<std::string>();
  if (!value || value->empty()) return Wrong{"must be a text that is not empty", "put it in quotes"};
  out = *value;
  return {};
}

Verdict read_value(const toml::node& node, Range range, std::vector<std::string>& out) {
  if (!node.is_array()) return Wrong{"must be a list of texts", "[\"...\", \"...\"]"};
  out.clear();
  for (const toml::node& one : *node.as_array())
    if (auto wrong = read_value(one, range, out.emplace_back()))
      return Wrong{"must be a list of texts", wrong->remedy};
  return {};
}

Verdict read_value(const toml::node& node, Range, Removal& out) {
  const auto text = node.value_exact<std::string>();
  const auto value = text ? read_removal(*text) : std::nullopt;
  if (!value) return Wrong{"is not one of its words", "\"ttl\", \"quarantine\" or \"journal\""};
  out = *value;
  return {};
}

template <class T>
Verdict read_value(const toml::node& node, Range range, std::optional<T>& out) {
  if (const auto text = node.value_exact<std::string>(); text == "off") {
    out.reset();
    return {};
  }
  T value{};
  auto wrong = read_value(node, range, value);
  if (wrong)
    wrong->remedy += wrong->remedy.empty() ? "or \"off\"" : "; or \"off\"";
  else
    out = value;
  return wrong;
}

class PolicyReader {
 public:
  PolicyReader(std::string_view file, Policy policy) : file_(file), policy_(std::move(policy)) {}

  PolicyReading read(const toml::table& file) {
    only_known(file, {"protect", "limits", "pace", "journal", "bull", "celery", "rule", "family"});
    section(file, "protect", protect_settings(), policy_);
    section(file, "limits", limit_settings(), policy_.limits);
    section(file, "pace", pace_settings(), policy_.pace);
    section(file, "journal", journal_settings(), policy_.journal);
    section(file, "celery", celery_settings(), policy_.celery);
    read_bull(file);
    for (const toml::table* table : tables(file, "rule", "[[rule]]")) read_rule(*table);
    check_windows(file);
    std::stable_sort(faults_.begin(), faults_.end(), [](const Placed& a, const Placed& b) {
      return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    PolicyReading reading{std::move(policy_), {}};
    for (auto& fault : faults_) reading.faults.push_back(std::move(fault.fault));
    return reading;
  }

 private:
  struct Placed {
    toml::source_index line = 0, column = 0;
    PolicyFault fault{};
  };

  template <class Owner>
  void section(const toml::table& file, std::string_view name, std::span<const Setting<Owner>> settings,
               Owner& owner) {
    if (const toml::table* table = one_table(file, name)) read_table(*table, settings, owner, {});
  }

  void read_bull(const toml::table& file) {
    const toml::table* table = one_table(file, "bull");
    if (table == nullptr) return;
    BullPolicy general = policy_.bull.back();
    read_table(*table, bull_settings(), general, {"queue"});
    policy_.bull.clear();
    for (const toml::table* queue : tables(*table, "queue", "[[bull.queue]]")) {
      BullPolicy special = general;  // what a queue does not say is as [bull] says
      read_table(*queue, bull_settings(), special, {"match"});
      if (const toml::node* match = needed(*queue, "match"))
        refuse(*match, "match", read_value(*match, {}, special.match));
      policy_.bull.push_back(std::move(special));
    }
    policy_.bull.push_back(std::move(general));
  }

  void read_rule(const toml::table& table) {
    KeyRule rule;
    read_table(table, rule_settings(), rule, {});
    needed(table, "name");
    if (!rule.name.empty() && !names_.insert(rule.name).second)
      refuse(*table.get("name"), "name",
             Wrong{"is the name of an earlier rule too", "runs and undo tell rules by name"});
    if (rule.pattern.empty() && rule.family.empty() && rule.owner.empty() && rule.type.empty())
      refuse_at(table.source(),
                "a rule without pattern, family, owner and type would take every key (PLAN-4)",
                "say what it is about: pattern = \"cache:*\"");
    if (!rule.type.empty()) check_type(table, rule.type);
    const bool gives_ttl = rule.removal == Removal::ttl;
    if (gives_ttl && rule.ttl.count() == 0 && !table.contains("ttl"))
      refuse_at(table.source(), "removal = \"ttl\" needs a ttl", "ttl = \"24h\"");
    if (!gives_ttl && table.contains("ttl"))
      refuse(*table.get("ttl"), "ttl",
             Wrong{"is of no use without removal = \"ttl\"", "add it, or take ttl away"});
    policy_.rules.push_back(std::move(rule));
  }

  void check_type(const toml::table& table, std::string_view type) {
    constexpr std::array<std::string_view, 6> types{"string", "list", "set", "zset", "hash", "stream"};
    if (std::find(types.begin(), types.end(), type) == types.end())
      refuse(*table.get("type"), "type",
             Wrong{"is no type of key", "string, list, set, zset, hash or stream"});
  }

  void check_windows(const toml::table& file) {
    const toml::node* node = file.at_path("pace.windows").node();
    if (node == nullptr || !node->is_array()) return;
    for (const toml::node& one : *node->as_array())
      if (const auto text = one.value_exact<std::string>(); text && !read_window(*text))
        refuse(one, "windows", Wrong{"is no time of the day", "\"22:00-06:00\", local time"});
  }

  template <class Owner>
  void read_table(const toml::table& table, std::span<const Setting<Owner>> settings, Owner& owner,
                  std::initializer_list<std::string_view> others) {
    std::vector<std::string_view> known(others);
    for (const auto& setting : settings) known.push_back(setting.name);
    only_known(table, known);
    for (const auto& setting : settings)
      if (const toml::node* node = table.get(setting.name)) read_setting(*node, setting, owner);
  }

  template <class Owner>
  void read_setting(const toml::node& node, const Setting<Owner>& setting, Owner& owner) {
    std::visit(
        [&](auto place) {
          if constexpr (std::is_same_v<decltype(place), Retention Owner::*>)
            read_retention(node, setting.name, owner.*place);
          else
            refuse(node, setting.name, read_value(node, setting.range, owner.*place));
        },
        setting.place);
  }

  void read_retention(const toml::node& node, std::string_view name, Retention& out) {
    const toml::table* table = node.as_table();
    if (table == nullptr)
      return refuse(node, name,
                    Wrong{"must be a table", fmt::format("{} = {{ age = \"24h\", count = 500 }}", name)});
    out = {};
    read_table(*table, retention_settings(), out, {});
  }

  const toml::table* one_table(const toml::table& file, std::string_view name) {
    const toml::node* node = file.get(name);
    if (node != nullptr && !node->is_table())
      refuse(*node, name, Wrong{"must be a table", fmt::format("[{}]", name)});
    return node == nullptr ? nullptr : node->as_table();
  }

  std::vector<const toml::table*> tables(const toml::table& table, std::string_view name,
                                         std::string_view form) {
    std::vector<const toml::table*> all;
    const toml::node* node = table.get(name);
    if (node == nullptr) return all;
    const toml::array* array = node->as_array();
    bool only_tables = array != nullptr;
    for (std::size_t i = 0; only_tables && i < array->size(); ++i)
      if (const toml::table* one = array->get(i)->as_table())
        all.push_back(one);
      else
        only_tables = false;
    if (!only_tables) refuse(*node, name, Wrong{"must be a list of tables", std::string(form)});
    return all;
  }

  const toml::node* needed(const toml::table& table, std::string_view name) {
    const toml::node* node = table.get(name);
    if (node == nullptr)
      refuse_at(table.source(), fmt::format("\"{}\" is missing", name), fmt::format("{} = \"...\"", name));
    return node;
  }

  void only_known(const toml::table& table, std::span<const std::string_view> known) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string all;
      for (const auto one : known) all += fmt::format("{}{}", all.empty() ? "" : ", ", one);
      const auto close = nearest(key.str(), known);
      refuse_at(key.source(), fmt::format("\"{}\" is not known here", printable(key.str())),
                close.empty() ? "known: " + all : fmt::format("did you mean \"{}\"? Known: {}", close, all));
    }
  }
  void only_known(const toml::table& table, std::initializer_list<std::string_view> known) {
    only_known(table, std::span<const std::string_view>(known.begin(), known.size()));
  }

  void refuse(const toml::node& node, std::string_view name, Verdict wrong) {
    if (wrong)
      refuse_at(node.source(), fmt::format("\"{}\" {}", name, wrong->what), std::move(wrong->remedy));
  }

  void refuse_at(const toml::source_region& region, std::string what, std::string remedy) {
    const auto at = region.begin;
    faults_.push_back(
        {at.line,
         at.column,
         {fmt::format("{}:{}:{}", file_, at.line, at.column), std::move(what), std::move(remedy)}});
  }

  std::string_view file_;
  Policy policy_;
  std::vector<Placed> faults_{};
  std::set<std::string> names_{};
};

/// The variables that the users of the scripts of old know (A66-A69, A104).
class Variables {
 public:
  Variables(const Variable& variable, PolicyReading& reading) : variable_(variable), reading_(reading) {}

  void read() {
    auto& policy = reading_.policy;
    constexpr std::uint64_t longest = std::uint64_t{100} * 365 * 86'400;
    const auto seconds = [](std::uint64_t count) {
      return std::chrono::seconds(static_cast<std::int64_t>(count));
    };
    const auto job = number("REDIS_JOB_TTL", 60, longest), event = number("REDIS_EVENT_TTL", 60, longest),
               metrics = number("REDIS_METRICS_TTL", 60, longest),
               batch = number("REDIS_CLEANUP_BATCH_SIZE", 1, 10'000);
    for (auto& bull : policy.bull) {
      if (job) bull.failed.age = bull.orphan_age = seconds(*job);
      if (job && bull.completed.age) bull.completed.age = std::min(*bull.completed.age, seconds(*job));
      if (event) bull.event_age = seconds(*event);
      if (metrics) bull.metrics_age = seconds(*metrics);
    }
    if (batch) policy.pace.first_batch = *batch;
  }

 private:
  std::optional<std::uint64_t> number(const std::string& name, std::uint64_t least, std::uint64_t most) {
    const auto text = variable_ ? variable_(name) : std::nullopt;
    if (!text || text->empty())
      return std::nullopt;  // an empty variable counts as none, as in every shell script
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size() && value >= least && value <= most)
      return value;
    reading_.faults.push_back(
        {"environment: " + name,
         fmt::format("'{}' is not a whole number from {} to {}", printable(*text), least, most),
         fmt::format("unset {}, or give it plain digits", name)});
    return std::nullopt;
  }

  const Variable& variable_;
  PolicyReading& reading_;
};

}  // namespace

PolicyReading read_policy(std::string_view toml, std::string_view file_name, const Variable& variable) {
  PolicyReading start;
  Variables(variable, start).read();
  PolicyReading reading{start.policy, {}};
  try {
    const toml::table file = toml::parse(toml, file_name);
    reading = PolicyReader(file_name, start.policy).read(file);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    reading.faults.push_back({fmt::format("{}:{}:{}", file_name, at.line, at.column),
                              std::string(error.description()),
                              "see https://toml.io for the form of the file"});
  }
  reading.faults.insert(reading.faults.begin(), start.faults.begin(), start.faults.end());
  return reading;
}

std::optional<Minutes> read_window(std::string_view text) {
  const auto digits = [&](std::size_t at) {
    const int tens = text[at] - '0', ones = text[at + 1] - '0';
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 1000;
  };
  if (text.size() != 11 || text[2] != ':' || text[5] != '-' || text[8] != ':') return std::nullopt;
  const Minutes window{digits(0) * 60 + digits(3), digits(6) * 60 + digits(9)};
  const bool fits =
      digits(0) < 24 && digits(3) < 60 && digits(9) < 60 && window.to <= 24 * 60 && window.from != window.to;
  return fits ? std::optional(window) : std::nullopt;
}

const BullPolicy& Policy::for_queue(std::string_view root) const {
  const auto found =
      std::find_if(bull.begin(), bull.end(), [&](const auto& one) { return glob_matches(one.match, root); });
  return found == bull.end() ? bull.back() : *found;
}

}  // namespace headroom::plan
