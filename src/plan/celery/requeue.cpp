#include "plan/celery/requeue.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/value_text.h"
#include "plan/step_parts.h"

namespace headroom::plan::celery {
namespace {

constexpr std::string_view rule_name = "kombu-requeue", separator = "\x06\x16";
// A message may be in unacked for a moment while its worker has just taken it.
constexpr std::chrono::seconds youngest{60};

constexpr std::string_view
    to_be_asked_for =
        "no worker is connected, so these messages are of dead ones; --requeue (or requeue = true in "
        "[celery]) gives "
        "them back to their queues. Else the next worker does so, when visibility_timeout has passed",
    workers_live =
        "workers, or clients that look like some, are connected, and which of these messages are in their "
        "hands only "
        "they can tell. Workers give back those of dead ones when visibility_timeout (1 h) has passed",
    clients_unknown = "whether workers are connected is not known: the server does not show CLIENT LIST",
    too_many = "more messages than headroom reads at once (100 000, or 64 MiB)",
    just_fetched = "fetched within the last minute", unreadable = "its text is not what kombu writes",
    no_queue = "no queue, or none for certain, is bound to its exchange under its routing key";

/// A JSON text without escapes, without its quotes.
std::optional<std::string_view> plain_text(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.find('\\') != std::string_view::npos)
    return std::nullopt;
  return json.substr(1, json.size() - 2);
}

/// A change to the text of a message: at `at`, `length` bytes give way to `text`.
struct Edit {
  std::size_t at = 0, length = 0;
  std::string text{};
};

// As Python does it: a field that is there gets the value, a new one stands last.
std::optional<Edit> mark_in(std::string_view message, std::string_view object) {
  constexpr std::string_view field = "redelivered";
  if (object.size() < 2 || object.front() != '{') return std::nullopt;
  const auto place = [&](const char* pointer) { return static_cast<std::size_t>(pointer - message.data()); };
  if (const auto there = json_value(object, field)) return Edit{place(there->data()), there->size(), "true"};
  const bool is_empty = object.find_first_not_of(" \n\t\r", 1) == object.size() - 1;
  return Edit{place(object.data()) + object.size() - 1, 0,
              std::string(is_empty ? "" : ", ").append(R"("redelivered": true)")};
}

}  // namespace

std::optional<Delivery> delivery_in(std::string_view text) {
  const auto items = json_items(text, 3);
  if (items.size() != 3 || items[0].front() != '{') return std::nullopt;
  const auto exchange = plain_text(items[1]), routing_key = plain_text(items[2]);
  if (!exchange || !routing_key) return std::nullopt;
  return Delivery{items[0], *exchange, *routing_key};
}

std::optional<std::string> redelivered(std::string_view message) {
  const auto headers = json_value(message, "headers"), properties = json_value(message, "properties");
  if (!headers || !properties) return std::nullopt;
  const auto info = json_value(*properties, "delivery_info");
  if (!info) return std::nullopt;
  auto one = mark_in(message, *headers), other = mark_in(message, *info);
  if (!one || !other) return std::nullopt;
  if (one->at < other->at) std::swap(one, other);  // the later place first: the earlier stays where it is
  std::string marked(message);
  for (const auto* edit : {&*one, &*other}) marked.replace(edit->at, edit->length, edit->text);
  return marked;
}

int priority_step(std::string_view message) {
  const auto properties = json_value(message, "properties");
  const auto priority = properties ? json_value(*properties, "priority") : std::nullopt;
  int value = 0;
  if (priority) std::from_chars(priority->data(), priority->data() + priority->size(), value);
  int step = 0;
  for (const int known : {3, 6, 9})
    if (value >= known) step = known;
  return step;
}

std::vector<std::string> queues_of(const Delivery& delivery, std::span<const std::string> members) {
  if (delivery.exchange.empty())
    return delivery.routing_key.empty() ? std::vector<std::string>()
                                        : std::vector<std::string>{std::string(delivery.routing_key)};
  std::vector<std::string> queues;
  for (const std::string_view member : members) {
    const auto first = member.find(separator), last = member.rfind(separator);
    if (first == std::string_view::npos || first == last) return {};
    const auto key = member.substr(0, first);
    if (key.find_first_of("*#") != std::string_view::npos) return {};
    if (key == delivery.routing_key) queues.emplace_back(member.substr(last + separator.size()));
  }
  std::sort(queues.begin(), queues.end());
  queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
  return queues;
}

RequeueRules::RequeueRules(StepSink& steps, const CeleryPolicy& policy, std::chrono::milliseconds now)
    : steps_(steps), policy_(policy), now_(now), rules_(steps, [] {
        PlanRule rule;
        rule.name = rule_name, rule.family = "kombu";
        rule.what = "messages of dead workers back into their queues";
        rule.why =
            "no worker is connected, and these were fetched and never acknowledged. A task that had begun "
            "runs "
            "again, as it would after visibility_timeout";
        return rule;
      }) {}

std::string_view RequeueRules::closed(const Workers& workers, bool whole) const {
  if (!workers.known) return clients_unknown;
  if (!workers.none_for_certain()) return workers_live;
  if (!policy_.requeue) return to_be_asked_for;
  return whole ? std::string_view() : too_many;
}

void RequeueRules::leave(const BrokerName& broker, std::string_view why, std::uint64_t messages,
                         Bytes bytes) {
  if (messages == 0) return;
  LeftAlone group;
  group.rule = rule_name, group.owner = broker.prefix, group.why = why;
  group.keys = messages, group.bytes = bytes, group.examples = {broker.unacked()};
  steps_.left_alone(std::move(group));
}

Result<bool> RequeueRules::decide(const BrokerName& broker, const Unacked& message,
                                  std::span<const std::string> members,
                                  const std::function<bool(const std::string&)>& exists) {
  const auto leave_this = [&](std::string_view why) {
    left_.add(rule_name, broker.prefix, why, message.tag, Bytes{message.text.size()});
    return true;
  };
  const auto age =
      std::chrono::duration<double>(now_) - std::chrono::duration<double>(message.fetched.value_or(0));
  if (age < youngest) return leave_this(just_fetched);
  const auto delivery = delivery_in(message.text);
  const auto marked = delivery ? redelivered(delivery->message) : std::nullopt;
  if (!marked) return leave_this(unreadable);
  const auto queues = queues_of(*delivery, members);
  if (queues.empty()) return leave_this(no_queue);
  Step step;
  step.rule = rules_.of(broker.prefix), step.db = broker.db;
  step.keys = {broker.unacked(), broker.unacked_index()};
  step.checks = {field_is(0, message.tag, message.text)};
  step.changes = {without(ChangeKind::zset_remove, 1, message.tag),
                  without(ChangeKind::hash_remove, 0, message.tag)};
  if (!message.fetched) step.changes.erase(step.changes.begin());
  const int priority = priority_step(delivery->message);
  for (const auto& queue : queues) {
    const auto plain = broker.prefix + queue;
    const auto own = plain + std::string(separator) + std::to_string(priority);
    auto push = change_of(ChangeKind::list_push, static_cast<std::uint16_t>(step.keys.size()));
    push.text = *marked;
    step.keys.push_back(priority > 0 && exists(own) ? own : plain);
    step.changes.push_back(std::move(push));
  }
  return steps_.step(step);
}

}  // namespace headroom::plan::celery
