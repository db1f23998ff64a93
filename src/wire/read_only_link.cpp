#include "wire/read_only_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/text.h"

namespace headroom::wire {
namespace {

// Not here although they only read: KEYS and SORT_RO (block the server), XREAD (can wait), TOUCH (its purpose
// is to change idle times), PFCOUNT (writes its cache into the key), MONITOR, SUBSCRIBE, PSYNC (take the
// connection over), AUTH and RESET (change who we are).
constexpr std::string_view harmless[] = {
    "ACL|CAT",
    "ACL|DRYRUN",
    "ACL|GETUSER",
    "ACL|LIST",
    "ACL|USERS",
    "ACL|WHOAMI",
    "ASKING",
    "CLIENT|GETNAME",
    "CLIENT|ID",
    "CLIENT|INFO",
    "CLIENT|LIST",
    "CLIENT|NO-EVICT",
    "CLIENT|NO-TOUCH",
    "CLIENT|SETINFO",
    "CLIENT|SETNAME",
    "CLUSTER|COUNTKEYSINSLOT",
    "CLUSTER|GETKEYSINSLOT",
    "CLUSTER|INFO",
    "CLUSTER|KEYSLOT",
    "CLUSTER|MYID",
    "CLUSTER|NODES",
    "CLUSTER|SHARDS",
    "CLUSTER|SLOTS",
    "COMMAND",
    "COMMAND|COUNT",
    "COMMAND|DOCS",
    "COMMAND|GETKEYS",
    "COMMAND|INFO",
    "COMMAND|LIST",
    "CONFIG|GET",
    "DBSIZE",
    "DUMP",
    "ECHO",
    "EXISTS",
    "EXPIRETIME",
    "FUNCTION|LIST",
    "FUNCTION|STATS",
    "GET",
    "GETRANGE",
    "HELLO",
    "HEXISTS",
    "HGET",
    "HGETALL",
    "HKEYS",
    "HLEN",
    "HMGET",
    "HSCAN",
    "HSTRLEN",
    "INFO",
    "LASTSAVE",
    "LATENCY|DOCTOR",
    "LATENCY|HISTOGRAM",
    "LATENCY|HISTORY",
    "LATENCY|LATEST",
    "LINDEX",
    "LLEN",
    "LPOS",
    "LRANGE",
    "MEMORY|DOCTOR",
    "MEMORY|MALLOC-STATS",
    "MEMORY|STATS",
    "MEMORY|USAGE",
    "MGET",
    "MODULE|LIST",
    "OBJECT|ENCODING",
    "OBJECT|FREQ",
    "OBJECT|IDLETIME",
    "OBJECT|REFCOUNT",
    "PEXPIRETIME",
    "PING",
    "PTTL",
    "PUBSUB|CHANNELS",
    "PUBSUB|NUMPAT",
    "PUBSUB|NUMSUB",
    "RANDOMKEY",
    "READONLY",
    "ROLE",
    "SCAN",
    "SCARD",
    "SELECT",
    "SISMEMBER",
    "SLOWLOG|GET",
    "SLOWLOG|LEN",
    "SMEMBERS",
    "SMISMEMBER",
    "SRANDMEMBER",
    "SSCAN",
    "STRLEN",
    "TIME",
    "TTL",
    "TYPE",
    "XINFO|CONSUMERS",
    "XINFO|GROUPS",
    "XINFO|STREAM",
    "XLEN",
    "XPENDING",
    "XRANGE",
    "XREVRANGE",
    "ZCARD",
    "ZCOUNT",
    "ZMSCORE",
    "ZRANGE",
    "ZRANGEBYSCORE",
    "ZREVRANGE",
    "ZREVRANGEBYSCORE",
    "ZSCAN",
    "ZSCORE",
};
static_assert(std::is_sorted(std::begin(harmless), std::end(harmless)));

constexpr std::size_t longest = [] {
  std::size_t most = 0;
  for (const auto name : harmless) most = std::max(most, name.size());
  return most;
}();

/// A name in upper case, no longer than any that is listed; what is longer is not listed.
class UpperName {
 public:
  void append(std::string_view text) {
    for (const char c : text.substr(0, bytes_.size() - size_)) {
      bytes_[size_++] = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
  }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, longest + 1> bytes_;
  std::size_t size_ = 0;
};

bool listed(std::string_view name) {
  return std::binary_search(std::begin(harmless), std::end(harmless), name);
}

bool holds_others(std::string_view name) {
  const auto* next = std::upper_bound(std::begin(harmless), std::end(harmless), name);
  return next != std::end(harmless) && next->starts_with(name) && (*next)[name.size()] == '|';
}

Reply refusal(Command command) {
  Reply reply;
  reply.kind = Reply::Kind::error;
  std::string name = command.empty() ? "an empty command" : escaped(command[0].substr(0, longest));
  if (command.size() > 1 && holds_others(name)) name += " " + escaped(command[1].substr(0, longest));
  reply.text = fmt::format("READONLYLINK {} is not known to be harmless and was not sent", name);
  return reply;
}

}  // namespace

std::span<const std::string_view> harmless_commands() { return harmless; }

bool is_harmless(Command command) {
  // A '|' in the name itself would pass for a listed subcommand.
  if (command.empty() || command[0].find('|') != std::string_view::npos) return false;
  UpperName name;
  name.append(command[0]);
  if (command.size() > 1 && holds_others(name.text())) {
    name.append("|");
    name.append(command[1]);
  }
  return listed(name.text());
}

Result<Reply> ReadOnlyLink::call(Command command) {
  assert(pending_ == 0);
  if (!is_harmless(command)) return refusal(command);
  return real_.call(command);
}

void ReadOnlyLink::queue(Command command) {
  ++pending_;
  const std::size_t place = queued_++;
  if (is_harmless(command)) return real_.queue(command);
  places_.push_back(place);
  refusals_.push_back(refusal(command));
}

Result<std::reference_wrapper<const Reply>> ReadOnlyLink::read_real() {
  auto reply = real_.read();
  ++answered_;
  --pending_;
  if (!reply) {  // nothing will come any more
    pending_ = 0;
    answered_ = queued_;
    places_.clear();
    refusals_.clear();
  }
  return reply;
}

Result<std::reference_wrapper<const Reply>> ReadOnlyLink::read() {
  assert(pending_ > 0);
  const bool refused = !places_.empty() && places_.front() == answered_;
  if (!refused) return read_real();
  last_refusal_ = std::move(refusals_.front());
  refusals_.pop_front();
  places_.pop_front();
  --pending_;
  ++answered_;
  return std::cref(last_refusal_);
}

}  // namespace headroom::wire
