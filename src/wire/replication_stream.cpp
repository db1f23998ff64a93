#include "wire/replication_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>
#include <thread>

#include "base/text.h"
#include "wire/reactions.h"

namespace headroom::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t plenty = 128 * 1024;
constexpr std::chrono::microseconds pause{1000};
constexpr std::size_t mark_bytes = 40;      // CONFIG_RUN_ID_SIZE
constexpr std::size_t longest_line = 1024;  // "+FULLRESYNC ..." has 60 to 80, errors up to 200 or so
constexpr std::size_t most_newlines = 100'000;
constexpr std::size_t buffer_bytes = 512 * 1024;
constexpr std::string_view psync = "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n";

Error nonsense(std::string what) {
  return {std::move(what), "",
          "check that host and port belong to Redis; an audit with --source scan asks key by key"};
}

/// What a stranger said, made harmless and short.
std::string quoted(std::string_view text) { return "\"" + escaped(text.substr(0, 200)) + "\""; }

std::string_view chomped(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// A whole decimal number below 2^63.
std::optional<std::uint64_t> length_of(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = fault == std::errc() && end == digits.data() + digits.size();
  return whole && value <= INT64_MAX ? std::optional(value) : std::nullopt;
}

Refusal forbidden(std::string what, std::string remedy) {
  return {Refusal::Kind::forbidden, {std::move(what), "", std::move(remedy)}};
}

Refusal not_now(std::string what, std::string remedy) {
  return {Refusal::Kind::not_now, {std::move(what), "", std::move(remedy)}};
}

/// Why PSYNC was refused: `text` is the error of the server without its '-'.
Refusal refusal_for(std::string_view text) {
  const auto& row = reaction_to(text);
  const std::string said = quoted(text);
  if (text.starts_with("NOMASTERLINK") || text.find("not connected with my master") != text.npos) {
    return not_now(fmt::format("this replica has no link to its master and gives no snapshot: {}", said),
                   "see master_link_status in INFO replication, or name the master; an audit with --source "
                   "scan asks this "
                   "server key by key");
  }
  if (row.reaction == Reaction::wait_and_retry || row.reaction == Reaction::pause) {
    return not_now(fmt::format("the server gives no snapshot now: {}: {}", row.why, said),
                   "try again later, or an audit with --source scan");
  }
  if (row.prefix == "NOPERM") {
    return forbidden(fmt::format("the user may not take a snapshot: {}", said),
                     "ACL SETUSER <user> +psync +replconf (it lets the user read every key), or an audit "
                     "with --source scan");
  }
  if (row.prefix == "NOAUTH") {
    return forbidden(fmt::format("the server asks for a password: {}", said), std::string(row.remedy));
  }
  if (row.reaction == Reaction::feature_missing) {
    return forbidden(fmt::format("the server gives no snapshots, PSYNC is renamed or not offered: {}", said),
                     "managed services and proxies forbid it: take an RDB file of their backup, or audit "
                     "with --source scan");
  }
  return forbidden(fmt::format("the server gives no snapshot: {}", said),
                   "take an RDB file of this server, or audit with --source scan");
}

Refusal closed_instead() {
  return forbidden(
      "the server closed the connection when it was asked for a snapshot",
      "proxies do so, and servers that shut down: take an RDB file, or audit with --source scan");
}

/// Old servers do not know rdb-only, proxies nothing of all this: an answer of either kind is fine.
Result<bool> prepare(Connection& connection) {
  constexpr std::array<std::string_view, 5> abilities{"REPLCONF", "capa", "eof", "capa", "psync2"};
  constexpr std::array<std::string_view, 3> alone{"REPLCONF", "rdb-only", "1"};
  if (const auto told = connection.call(abilities); !told) return fail(told.error());
  const auto granted = connection.call(alone);
  if (!granted) return fail(granted.error());
  return granted->kind == Reply::Kind::status && granted->text == "OK";
}

}  // namespace

ReplicationStream::ReplicationStream(Connection::Raw raw, std::string where,
                                     const ReplicationOptions& options)
    : stream_(std::move(raw.stream)),
      received_(buffer_bytes),
      where_(std::move(where)),
      patience_(options.patience),
      silence_(options.silence),
      on_waiting_(options.on_waiting) {
  if (options.deadlines.run) {
    run_ = Deadline{steady_clock::now() + *options.deadlines.run, "the time limit of the run is reached",
                    "allow more time, or narrow the work", Exit::partial};
  }
  // Whatever came before PSYNC was asked answers nothing; a server that sends it is caught by take_header().
  const std::size_t kept = std::min(raw.received.size(), received_.room().size());
  std::copy_n(raw.received.data(), kept, received_.room().data());
  received_.fill(kept);
}

Result<ReplicationStream::Attached> ReplicationStream::open(const Endpoint& endpoint,
                                                            std::string_view command,
                                                            const ReplicationOptions& options,
                                                            std::shared_ptr<Cancellation> cancellation) {
  Endpoint whole = endpoint;
  whole.db = 0;
  auto connection = Connection::open(whole, command, options.deadlines, {}, std::move(cancellation));
  if (!connection) return fail(connection.error());
  const auto rdb_only = prepare(**connection);
  if (!rdb_only) return fail(rdb_only.error());
  std::unique_ptr<ReplicationStream> stream(
      new ReplicationStream(std::move(**connection).release(), whole.redacted(), options));
  connection->reset();
  stream->start_.rdb_only = *rdb_only;
  auto refused = stream->begin(steady_clock::now());
  if (!refused) return stream->die(refused.error());
  if (!*refused) return Attached{std::move(stream), {}};
  Attached attached{nullptr, **std::move(refused)};
  attached.refusal.error.where = whole.redacted();
  return attached;
}

Result<std::optional<Refusal>> ReplicationStream::begin(steady_clock::time_point asked) {
  for (std::string_view rest = psync; !rest.empty();) {
    const auto moved = stream_->exchange(rest, {}, waiting_deadline(asked));
    if (!moved) return fail(moved.error());
    if (moved->closed) return std::optional(closed_instead());
    rest.remove_prefix(moved->sent);
  }
  const auto first = line(asked);
  if (!first) return fail(first.error());
  if (first->empty()) return std::optional(closed_instead());
  if (first->front() == '-') return std::optional(refusal_for(std::string_view(*first).substr(1)));
  if (auto taken = take_header(*first); !taken) return fail(taken.error());
  const auto second = line(asked);
  if (!second) return fail(second.error());
  if (auto taken = take_header(*second); !taken) return fail(taken.error());
  return std::optional<Refusal>();
}

/// The next line with something in it. Empty: the server closed before it said anything at all.
Result<std::string> ReplicationStream::line(steady_clock::time_point asked) {
  while (true) {
    if (auto skipped = skip_newlines(asked); !skipped) return fail(skipped.error());
    const auto end = received_.filled().find('\n');
    if (end != std::string_view::npos && end <= longest_line) {
      std::string found(chomped(received_.filled().substr(0, end)));
      received_.drop(end + 1);
      return found;
    }
    if (received_.filled().size() > longest_line)
      return fail(nonsense("the server answers the wish for a snapshot with an endless line"));
    const auto more = receive(waiting_deadline(asked));
    if (!more) return fail(more.error());
    if (*more) continue;
    const bool silent = newlines_ == 0 && start_.replication_id.empty() && received_.filled().empty();
    if (silent) return std::string();
    return fail({"the server closed the connection before its snapshot began", "",
                 "see the server's log: a restart, a failed fork or BGSAVE, or no space on its disk"});
  }
}

/// The signs of life of a server that is not ready.
Result<bool> ReplicationStream::skip_newlines(steady_clock::time_point asked) {
  const auto filled = received_.filled();
  const std::size_t count = std::min(filled.find_first_not_of("\r\n"), filled.size());
  if (count == 0) return true;
  received_.drop(count);
  newlines_ += count;
  if (newlines_ > most_newlines)
    return fail(nonsense("the server answers the wish for a snapshot with empty lines without end"));
  if (on_waiting_) on_waiting_(std::chrono::duration_cast<milliseconds>(steady_clock::now() - asked));
  return true;
}

/// The first of the two lines says what follows, the second how it ends.
Result<bool> ReplicationStream::take_header(std::string_view text) {
  const auto strange = [&] {
    return fail(
        nonsense(fmt::format("the server does not announce its snapshot as Redis does: {}", quoted(text))));
  };
  if (start_.replication_id.empty()) {
    constexpr std::string_view full = "+FULLRESYNC ";
    if (!text.starts_with(full)) return strange();
    const auto words = text.substr(full.size());
    const auto id = words.substr(0, words.find(' '));
    const auto offset = id.size() < words.size() ? length_of(words.substr(id.size() + 1)) : std::nullopt;
    if (id.size() != mark_bytes || !offset) return strange();
    start_.replication_id = escaped(id), start_.offset = *offset;
    return true;
  }
  if (text.starts_with('-')) {
    return fail({fmt::format("the server could not make its snapshot: {}", quoted(text.substr(1))), "",
                 "see the server's log: no memory to fork, or no space on its disk"});
  }
  constexpr std::string_view streamed = "$EOF:";
  if (text.starts_with(streamed)) {
    if (text.size() != streamed.size() + mark_bytes) return strange();
    mark_ = text.substr(streamed.size());
    return true;
  }
  const auto length = text.starts_with('$') ? length_of(text.substr(1)) : std::nullopt;
  if (!length || *length == 0) return strange();
  start_.length = length;
  return true;
}

Deadline ReplicationStream::sooner(Deadline one) const { return run_ && run_->at < one.at ? *run_ : one; }

Deadline ReplicationStream::waiting_deadline(steady_clock::time_point asked) const {
  const Deadline start{asked + patience_, "the server did not begin its snapshot in time",
                       "see rdb_bgsave_in_progress and aof_rewrite_in_progress in INFO persistence; "
                       "an audit with --source scan needs no snapshot"};
  const Deadline life{steady_clock::now() + silence_, "the server was silent when asked for a snapshot",
                      "see whether it is paused, swapping, or runs a slow command (SLOWLOG GET)"};
  return sooner(start.at < life.at ? start : life);
}

/// False: the server has ended its side.
Result<bool> ReplicationStream::receive(const Deadline& deadline) {
  // The server writes 16 KiB at a time, and each write that finds us waiting costs its main thread the time
  // to wake us. After a small piece we let some more come together first.
  if (last_received_ > 0 && last_received_ < plenty) std::this_thread::sleep_for(pause);
  const auto moved = stream_->exchange({}, received_.room(), deadline);
  if (!moved) return fail(moved.error());
  received_.fill(moved->received);
  last_received_ = moved->received;
  return moved->received > 0 || !moved->closed;
}

Result<std::size_t> ReplicationStream::read(std::span<char> room) {
  assert(!room.empty());
  if (dead_) return fail(*dead_);
  if (!stream_) return 0;
  auto taken = next(room);
  if (!taken) {
    Error error = taken.error();
    error.exit = Exit::partial;
    return die(std::move(error));
  }
  if (*taken == 0) stream_.reset();  // the server frees what it keeps for a replica
  given_ += *taken;
  return taken;
}

Result<std::size_t> ReplicationStream::next(std::span<char> room) {
  while (true) {
    if (start_.length && given_ == *start_.length) return 0;
    const auto ready = deliverable();
    if (!ready) return fail(ready.error());
    if (*ready > 0) return give(room, *ready);
    if (at_mark_) return 0;
    const auto more =
        receive(sooner({steady_clock::now() + silence_, "the server has stopped sending its snapshot",
                        "see the server's log and the network; then try again"}));
    if (!more) return fail(more.error());
    if (*more) continue;
    return fail({fmt::format("the server closed the connection after {} of its snapshot",
                             human_bytes({given_ + received_.filled().size()})),
                 "",
                 "see the server's log: a restart, repl-timeout for a slow reader, or the limit of "
                 "client-output-buffer-limit replica"});
  }
}

/// How many of the filled bytes are sure to belong to the snapshot.
Result<std::size_t> ReplicationStream::deliverable() {
  const auto filled = received_.filled();
  if (start_.length)
    return static_cast<std::size_t>(std::min<std::uint64_t>(filled.size(), *start_.length - given_));
  if (at_mark_ || filled.size() - clear_ < mark_bytes) return clear_;
  const char* from = filled.data() + clear_;
  const void* found = ::memmem(from, filled.size() - clear_, mark_.data(), mark_bytes);
  at_mark_ = found != nullptr;
  // Without a mark, one may still begin in the last 39 bytes.
  clear_ = at_mark_ ? static_cast<std::size_t>(static_cast<const char*>(found) - filled.data())
                    : filled.size() - (mark_bytes - 1);
  return clear_;
}

std::size_t ReplicationStream::give(std::span<char> room, std::size_t most) {
  const std::size_t count = std::min(room.size(), most);
  std::memcpy(room.data(), received_.filled().data(), count);
  received_.drop(count);
  clear_ -= std::min(clear_, count);
  return count;
}

tl::unexpected<Error> ReplicationStream::die(Error error) {
  if (error.where.empty()) error.where = where_;
  dead_ = std::move(error);
  stream_.reset();
  return fail(*dead_);
}

}  // namespace headroom::wire
