#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "plan/left_tally.h"
#include "plan/owner_rules.h"
#include "plan/policy.h"

/// What dead clients and workers leave in a kombu broker (celery-kombu-and-others.md 2 and 9.5): lists of
/// answers and events that nobody reads, members of the bindings of remote control and events, entries of the
/// index of unacked. Queues, unacked itself and the bindings of every other exchange are never touched: a
/// message that is published through a lost binding vanishes without an error. Pure.
namespace headroom::plan::celery {

/// Keys of a broker, named by its prefix (global_keyprefix), which stands in front as it is.
struct BrokerName {
  std::uint32_t db = 0;
  std::string prefix{};
  std::string replies() const { return prefix + "_kombu.binding.reply.celery.pidbox"; }
  std::string events() const { return prefix + "_kombu.binding.celeryev"; }
  std::string pidbox() const { return prefix + "_kombu.binding.celery.pidbox"; }
  std::string unacked() const { return prefix + "unacked"; }
  std::string unacked_index() const { return prefix + "unacked_index"; }
  friend auto operator<=>(const BrokerName&, const BrokerName&) = default;
};

enum class ListKind : std::uint8_t { none, reply, events, rpc };
struct ListName {
  ListKind kind = ListKind::none;
  std::size_t prefix = 0;  ///< length
};
/// By the name alone: UUID.reply.celery.pidbox, celeryev.UUID, and a bare UUID of version 3, which only
/// kombu's oid_from() makes.
ListName list_name(std::string_view key);

struct Binding {
  std::vector<std::string> members{};          ///< `ROUTING_KEY 06 16 PATTERN 06 16 QUEUE`
  std::optional<std::chrono::seconds> idle{};  ///< before it was read
};
struct BrokerState {
  Binding replies{}, events{}, pidbox{};
  bool nobody_listens = false;  ///< for certain, no worker and no monitor is connected
};

/// Whether a member of a binding was there already when an earlier plan looked, ten minutes ago or more. Only
/// of reply.celery.pidbox: a call takes seconds, so a member that stays is of a client that was killed.
using SeenBefore = std::function<bool(const BrokerName&, std::string_view member)>;

class BrokerDebris {
 public:
  BrokerDebris(StepSink& steps, const CeleryPolicy& policy, SeenBefore seen_before);

  /// All brokers first, then all lists, then bindings().
  void broker(BrokerName name, BrokerState state);
  Result<bool> list(std::uint32_t db, std::string_view key, std::optional<std::chrono::seconds> idle,
                    Bytes bytes);
  Result<bool> bindings();
  /// Tags that stand in the index alone. `messages`: how many the hash holds; of an empty one it is not known
  /// whether the option unacked_key keeps it elsewhere.
  Result<bool> index(const BrokerName& name, std::span<const std::string> tags, std::uint64_t messages);
  void finish() { left_.tell(steps_); }

 private:
  struct Known {
    BrokerState state{};
    std::map<std::string, std::string, std::less<>> reply_members{}, event_members{};  ///< by queue
    bool own_separator = false;
    std::set<std::string, std::less<>> handled{};  ///< members that go with their list
  };
  using Broker = std::pair<const BrokerName, Known>;

  Result<bool> reply_list(Broker& broker, std::string_view key, std::chrono::seconds idle, Bytes bytes);
  Result<bool> event_list(Broker& broker, std::string_view key, std::chrono::seconds idle, Bytes bytes);
  Result<bool> rpc_list(Broker& broker, std::string_view key, std::chrono::seconds idle, Bytes bytes);
  Step list_step(OwnerRules& rules, const Broker& broker, std::string_view key, std::chrono::seconds idle,
                 Bytes bytes);
  Result<bool> reply_bindings(const Broker& broker);
  Result<bool> dead_members(const Broker& broker, const std::string& key, const Binding& binding);
  Result<bool> take_member(const Broker& broker, const std::string& key, std::string_view member);

  StepSink& steps_;
  const CeleryPolicy& policy_;
  SeenBefore seen_before_;
  std::map<BrokerName, Known> brokers_{};
  OwnerRules replies_, events_, rpc_, large_, bindings_, index_;
  LeftTally left_{};
};

}  // namespace headroom::plan::celery
