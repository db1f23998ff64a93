#include "wire/connection.h"

#include <fmt/format.h>

#include <cassert>
#include <charconv>

#include "wire/login.h"

namespace headroom::wire {
namespace {

using std::chrono::steady_clock;

void append_length(std::string& out, char type, std::size_t length) {
  std::array<char, 24> line;
  line[0] = type;
  char* end = std::to_chars(line.data() + 1, line.data() + line.size(), length).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line.data(), static_cast<std::size_t>(end - line.data()));
}

Deadline connect_deadline(const Deadlines& deadlines) {
  return {steady_clock::now() + deadlines.connect, "the server cannot be reached: no answer in time",
          "check the host, and any firewall between"};
}

Deadline tls_deadline(const Deadlines& deadlines) {
  return {steady_clock::now() + deadlines.connect + deadlines.handshake,
          "the TLS handshake did not end in time",
          "check that this is the server's TLS port; without TLS use redis:// and no --tls"};
}

std::optional<Deadline> run_deadline(const Deadlines& deadlines) {
  if (!deadlines.run) return std::nullopt;
  return Deadline{steady_clock::now() + *deadlines.run, "the time limit of the run is reached",
                  "allow more time, or narrow the work", Exit::partial};
}

}  // namespace

Connection::Connection(Stream stream, std::string where, const Deadlines& deadlines, const RespLimits& limits,
                       std::shared_ptr<Cancellation> cancellation)
    : stream_(std::move(stream)),
      where_(std::move(where)),
      allowed_(deadlines.handshake),
      run_(run_deadline(deadlines)),
      cancellation_(std::move(cancellation)),
      reader_(builder_, limits),
      received_(limits.bytes + limits.line) {}

Result<std::unique_ptr<Connection>> Connection::open(const Endpoint& endpoint, std::string_view command,
                                                     const Deadlines& deadlines, const RespLimits& limits,
                                                     std::shared_ptr<Cancellation> cancellation) {
  if (!cancellation) cancellation = std::make_shared<Cancellation>();
  const auto located = [&endpoint](Error error) {
    if (error.where.empty()) error.where = endpoint.redacted();
    return fail(std::move(error));
  };
  auto stream = Stream::open(endpoint, connect_deadline(deadlines), tls_deadline(deadlines), cancellation);
  if (!stream) return located(stream.error());
  std::unique_ptr<Connection> connection(
      new Connection(*std::move(stream), endpoint.redacted(), deadlines, limits, std::move(cancellation)));
  const auto protocol = log_in(*connection, endpoint, fmt::format("headroom:{}", command));
  if (!protocol) return located(protocol.error());
  connection->protocol_ = *protocol;
  connection->allowed_ = deadlines.command;
  return connection;
}

Result<Reply> Connection::call(Command command) {
  assert(pending_ == 0);
  queue(command);
  if (auto got = read(); !got) return fail(got.error());
  return std::move(builder_.reply());
}

Connection::Raw Connection::release() && {
  assert(pending_ == 0 && !dead_);
  return {std::move(stream_), std::string(received_.filled())};
}

void Connection::queue(Command command) {
  if (dead_) return;
  append_length(outgoing_, '*', command.size());
  for (const std::string_view argument : command) {
    append_length(outgoing_, '$', argument.size());
    outgoing_.append(argument);
    outgoing_.append("\r\n");
  }
  ++pending_;
}

Result<bool> Connection::flush() {
  if (dead_) return fail(*dead_);
  if (auto sent = send_all(); !sent) return die(sent.error());
  return true;
}

Result<std::reference_wrapper<const Reply>> Connection::read() {
  if (dead_) return fail(*dead_);
  assert(pending_ > 0);
  if (!outgoing_.empty()) {
    if (auto sent = flush(); !sent) return fail(sent.error());
  }
  if (auto got = await_reply(); !got) return die(got.error());
  --pending_;
  return std::cref(builder_.reply());
}

Deadline Connection::deadline() const {
  const Deadline reply{
      steady_clock::now() + allowed_, "the server did not answer in time",
      "see whether it is paused (CLIENT PAUSE), swapping, or runs a slow command (SLOWLOG GET)"};
  return run_ && run_->at < reply.at ? *run_ : reply;
}

Result<bool> Connection::send_all() {
  std::size_t sent = 0;
  Deadline until = deadline();
  while (sent < outgoing_.size()) {
    const auto moved = stream_.exchange(std::string_view(outgoing_).substr(sent), received_.room(), until);
    if (!moved) return fail(moved.error());
    received_.fill(moved->received);
    if (moved->closed) break;  // what it said before may tell why: read() finds it, and then the end
    sent += moved->sent;
    until = deadline();
  }
  outgoing_.clear();
  return true;
}

Result<bool> Connection::await_reply() {
  std::optional<Deadline> until;  // most replies are here already and need no look at the clock
  while (true) {
    const auto taken = reader_.take(received_.filled());
    if (!taken) return fail(taken.error());
    received_.drop(taken->bytes);
    server_spoke_ = server_spoke_ || taken->whole;
    if (taken->whole) return true;
    if (!until) until = deadline();
    if (auto got = receive(*until); !got) return got;
  }
}

Result<bool> Connection::receive(const Deadline& deadline) {
  const auto moved = stream_.exchange({}, received_.room(), deadline);
  if (!moved) return fail(moved.error());
  if (moved->closed) return fail(closed_by_server());
  received_.fill(moved->received);
  return true;
}

Error Connection::closed_by_server() const {
  if (server_spoke_)
    return {"the server closed the connection", "",
            "see the server's log: a restart, CLIENT KILL, or an output buffer limit"};
  return {"the server closed the connection without an answer", "",
          "if this is a TLS port, add --tls; otherwise check that it is Redis and that its maxclients is not "
          "reached"};
}

tl::unexpected<Error> Connection::die(Error error) {
  if (error.where.empty()) error.where = where_;
  dead_ = std::move(error);
  pending_ = 0;
  outgoing_.clear();
  return fail(*dead_);
}

}  // namespace headroom::wire
