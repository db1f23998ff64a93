#include "report/step_lines.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/csv_text.h"
#include "report/json_text.h"
#include "report/names.h"

namespace headroom::report {
namespace {

void append_name_field(std::string& out, std::string_view name, std::string_view bytes) {
  if (bytes.empty()) return;
  out += ',';
  append_json_name(out, name, bytes);
}

void append_number_field(std::string& out, std::string_view name, std::int64_t number) {
  if (number != 0) fmt::format_to(std::back_inserter(out), ",\"{}\":{}", name, number);
}

void append_check(std::string& out, const Check& check) {
  fmt::format_to(std::back_inserter(out), "{{\"check\":\"{}\",\"key\":{}", check_name(check.kind), check.key);
  append_name_field(out, "member", check.member);
  append_name_field(out, "text", check.text);
  append_number_field(out, "number", check.number);
  if (check.kind == CheckKind::score_is) append_json_score(out += ",\"real\":", check.real);
  out += '}';
}

void append_change(std::string& out, const Change& change) {
  fmt::format_to(std::back_inserter(out), "{{\"change\":\"{}\",\"key\":{}", change_name(change.kind),
                 change.key);
  append_name_field(out, "member", change.member);
  append_name_field(out, "text", change.text);
  append_number_field(out, "number", change.number);
  append_number_field(out, "limit", change.limit);
  out += '}';
}

template <class T>
void append_array(std::string& out, std::string_view name, const std::vector<T>& all, auto append_one) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":[", name);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i != 0) out += ',';
    append_one(out, all[i]);
  }
  out += ']';
}

std::string checks_text(const Step& step) {
  std::string text;
  for (const auto& check : step.checks)
    text += fmt::format("{}{}", text.empty() ? "" : " ", check_name(check.kind));
  return text;
}

}  // namespace

StepLines::StepLines(Format format, const PlanHeader& plan, Sink sink)
    : format_(format), plan_(plan), spool_(std::move(sink)) {
  if (format_ == Format::csv)
    spool_.text() += "step,rule,db,change,key,key_base64,member,member_base64,checks\r\n";
  if (format_ == Format::text)
    spool_.text() += fmt::format("{:>8}  {:<24}  {:>3}  {:<18}  KEY\n", "STEP", "RULE", "DB", "CHANGE");
}

void StepLines::add(const Step& step) {
  static const PlanRule unknown{};
  const PlanRule& rule = step.rule < plan_.rules.size() ? plan_.rules[step.rule] : unknown;
  if (format_ == Format::ndjson)
    add_json(step, rule);
  else
    add_rows(step, rule);
  ++number_;
  spool_.settle();
}

void StepLines::add_json(const Step& step, const PlanRule& rule) {
  auto& out = spool_.text();
  fmt::format_to(std::back_inserter(out), "{{\"step\":{},", number_);
  append_json_name(out, "rule", rule.name);
  append_name_field(out, "owner", rule.owner);
  fmt::format_to(std::back_inserter(out), ",\"db\":{},\"bytes\":{}", step.db, step.bytes);
  append_array(out, "keys", step.keys, [](std::string& to, const std::string& key) {
    to += '{';
    append_json_name(to, "key", key);
    to += '}';
  });
  append_array(out, "checks", step.checks, append_check);
  append_array(out, "changes", step.changes, append_change);
  out += "}\n";
}

void StepLines::add_rows(const Step& step, const PlanRule& rule) {
  auto& out = spool_.text();
  for (const auto& change : step.changes) {
    const std::string_view key = change.key < step.keys.size() ? std::string_view(step.keys[change.key]) : "";
    if (format_ == Format::csv)
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{}\r\n", number_,
                     csv_text(rule.name, escaped(rule.name)), step.db, change_name(change.kind),
                     csv_name(key), csv_name(change.member), checks_text(step));
    else
      fmt::format_to(std::back_inserter(out), "{:>8}  {:<24}  {:>3}  {:<18}  {}{}\n", number_,
                     escaped(rule.name), step.db, change_name(change.kind), escape_for_terminal(key),
                     change.member.empty() ? "" : " " + escape_for_terminal(change.member));
  }
}

}  // namespace headroom::report
