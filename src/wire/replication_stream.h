#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/connection.h"
#include "wire/endpoint.h"
#include "wire/receive_buffer.h"
#include "wire/stream.h"

/// Attaches to a server as a replica would, takes its snapshot (an RDB file as a stream) and leaves.
///
/// What the server sees: a client named "headroom:COMMAND" that becomes a replica in INFO replication
/// ("slave0:ip=...,port=0,state=wait_bgsave"), because every client of PSYNC is one. No listening port and no
/// address is announced: nobody can connect to us. Still a Sentinel takes the line for a replica and keeps
/// "ip:0" in its list until SENTINEL RESET (measured, 7.0.15), if it asks while we are attached to a master.
/// The first replica of a server makes it allocate its backlog (repl-backlog-size, kept repl-backlog-ttl
/// long) and take a new replication id.
///
/// Nothing is sent after PSYNC, and this is on purpose. A REPLCONF ACK with an offset would make WAIT count a
/// copy that nobody keeps. No server asks for one before the snapshot is through: repl-timeout counts acks of
/// replicas in state online alone (replicationCron of Redis 2.8 to 8). And a server that was told rdb-only
/// closes the connection when it has written the last byte into its socket; a byte of ours that it has not
/// read, or that comes later, turns that end into a reset, and what waits in its socket is lost.
namespace headroom::wire {

struct ReplicationOptions {
  Deadlines deadlines{};  ///< connect, handshake and command: until PSYNC; run: for all
  /// From PSYNC to the first byte. The server waits for a running BGSAVE or AOF rewrite, then
  /// repl-diskless-sync-delay (5 s), and without repl-diskless-sync it writes the whole file first.
  std::chrono::milliseconds patience = std::chrono::minutes(15);
  /// Without a single byte of the server. It sends one a second while it waits, except when it is blocked.
  std::chrono::milliseconds silence = std::chrono::seconds(60);
  /// Called with the time since PSYNC about once a second while the server says that its snapshot has not
  /// begun. May be empty.
  std::function<void(std::chrono::milliseconds)> on_waiting{};
};

/// The server does not give its snapshot to us; other ways to look at it may be open.
struct Refusal {
  enum class Kind : std::uint8_t {
    forbidden,  ///< renamed, unknown, no right, a proxy: asking again is useless
    not_now,    ///< loading, a replica without its master: later it may work
  };
  Kind kind = Kind::forbidden;
  Error error{};  ///< Exit::unreachable; quotes what the server said
};

/// What the server told before the first byte.
struct SnapshotStart {
  std::string replication_id{};
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length{};  ///< bytes; empty: streamed as it is made (repl-diskless-sync yes)
  /// False on servers before 7.0 and where REPLCONF is not allowed: then the changes made meanwhile pile up
  /// at the server for us (client-output-buffer-limit replica, 256 MB), and above the limit it drops us,
  /// which is an error of read() and never a silent end.
  bool rdb_only = false;
};

/// The bytes of one snapshot. One thread, except the Cancellation.
class ReplicationStream {
 public:
  struct Attached;
  /// Connects and logs in as Connection::open() does (the endpoint's database does not matter: a snapshot
  /// holds all), and waits until the snapshot begins. Needs of the user: +psync, better +replconf too
  /// (without it: no diskless transfer and no rdb-only); key patterns do not limit what comes.
  ///
  /// Errors: cannot be reached or logged in; `patience`, `silence` or `deadlines.run` is over; the server
  /// began and could not make its snapshot (no fork, disk full); not the replication protocol; cancelled
  /// (Exit::partial). A refusal is no Error.
  static Result<Attached> open(const Endpoint& endpoint, std::string_view command,
                               const ReplicationOptions& options = {},
                               std::shared_ptr<Cancellation> cancellation = nullptr);

  /// Puts at least one byte of the snapshot into `room`; 0: it is whole, and the connection is closed.
  /// Needs: room not empty. A caller may take its time, at a price: without repl-diskless-sync none; else the
  /// fork of the server lives (and copies pages) until the last byte is taken, and the server drops a reader
  /// who takes nothing for repl-timeout (60 s). Errors (Exit::partial): the connection was lost or ended
  /// early, `silence`, cancelled; the same again at every later call.
  Result<std::size_t> read(std::span<char> room);

  const SnapshotStart& start() const { return start_; }

 private:
  ReplicationStream(Connection::Raw raw, std::string where, const ReplicationOptions& options);
  Result<std::optional<Refusal>> begin(std::chrono::steady_clock::time_point asked);
  Result<std::string> line(std::chrono::steady_clock::time_point asked);
  Result<bool> skip_newlines(std::chrono::steady_clock::time_point asked);
  Result<bool> take_header(std::string_view line);
  Result<bool> receive(const Deadline& deadline);
  Deadline sooner(Deadline one) const;
  Deadline waiting_deadline(std::chrono::steady_clock::time_point asked) const;
  Result<std::size_t> deliverable();
  Result<std::size_t> next(std::span<char> room);
  std::size_t give(std::span<char> room, std::size_t most);
  tl::unexpected<Error> die(Error error);

  std::optional<Stream> stream_;  ///< empty: left
  ReceiveBuffer received_;
  std::string where_;
  std::chrono::milliseconds patience_, silence_;
  std::function<void(std::chrono::milliseconds)> on_waiting_;
  std::optional<Deadline> run_{};
  SnapshotStart start_{};
  std::size_t newlines_ = 0;
  std::size_t last_received_ = 0;
  std::uint64_t given_ = 0;
  std::string mark_{};     ///< the 40 bytes behind the snapshot; empty: it has a length
  std::size_t clear_ = 0;  ///< filled bytes at which no mark begins
  bool at_mark_ = false;   ///< the mark begins right behind them
  std::optional<Error> dead_{};
};

struct ReplicationStream::Attached {
  std::unique_ptr<ReplicationStream> stream{};  ///< empty: see `refusal`
  Refusal refusal{};
};

}  // namespace headroom::wire
