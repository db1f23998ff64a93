#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wire/endpoint.h"
#include "wire/link.h"
#include "wire/receive_buffer.h"
#include "wire/reply_builder.h"
#include "wire/resp_reader.h"
#include "wire/stream.h"

namespace headroom::wire {

/// How long each part may take. A command's time runs from the moment we begin to wait for its reply, and a
/// slow trickle does not extend it.
struct Deadlines {
  std::chrono::milliseconds connect{5'000};    ///< looking the name up and connecting
  std::chrono::milliseconds handshake{5'000};  ///< TLS, and each step of the login
  std::chrono::milliseconds command{30'000};
  std::optional<std::chrono::milliseconds> run{};  ///< from open() on; when it ends, errors say Exit::partial
};

/// A logged-in connection to one server; the real Link. One thread at a time, except cancel().
///
/// After a Result error the connection is dead: pending() is 0, every later read(), flush() and call()
/// returns the same error, and what was sent and not answered may or may not have been done by the server
/// (safety.md 2.10): "unknown", never "not done".
class Connection final : public Link {
 public:
  /// Connects, proves the server where TLS is on, and logs in: HELLO 3 with AUTH and SETNAME, or on servers
  /// without HELLO: AUTH, CLIENT SETNAME. Then SELECT. The password is tried exactly once: failed tries fill
  /// the server's ACL LOG, and some proxies lock accounts. `command` names this program in CLIENT LIST:
  /// "headroom:audit"; letters, digits, '-' and ':' only. `cancellation` may be shared by several
  /// connections; without one the connection makes its own. Errors say what, where (the redacted address) and
  /// what to type; none holds the password or a server text that may quote it.
  static Result<std::unique_ptr<Connection>> open(const Endpoint& endpoint, std::string_view command,
                                                  const Deadlines& deadlines = {},
                                                  const RespLimits& limits = {},
                                                  std::shared_ptr<Cancellation> cancellation = nullptr);

  /// Needs: pending() == 0.
  Result<Reply> call(Command command) override;
  void queue(Command command) override;
  /// Sends all, receiving meanwhile what the server already answers.
  Result<bool> flush() override;
  Result<std::reference_wrapper<const Reply>> read() override;
  std::size_t pending() const override { return pending_; }

  /// What is left when the replies end and raw bytes begin, as behind PSYNC. `received` came before `stream`.
  struct Raw {
    Stream stream;
    std::string received{};
  };
  /// Gives up the protocol, keeps the login. Needs: pending() == 0, and no error before.
  Raw release() &&;

  int protocol() const { return protocol_; }  ///< 2 or 3
  /// Makes whoever waits here return an error (Exit::partial) at once. From any thread or signal handler, at
  /// any time while this lives.
  void cancel() noexcept { cancellation_->cancel(); }

 private:
  Connection(Stream stream, std::string where, const Deadlines& deadlines, const RespLimits& limits,
             std::shared_ptr<Cancellation> cancellation);
  Deadline deadline() const;
  Result<bool> send_all();
  Result<bool> await_reply();
  Result<bool> receive(const Deadline& deadline);
  tl::unexpected<Error> die(Error error);
  Error closed_by_server() const;

  Stream stream_;
  std::string where_;
  std::chrono::milliseconds allowed_;  ///< for one reply
  std::optional<Deadline> run_;
  std::shared_ptr<Cancellation> cancellation_;
  ReplyBuilder builder_{};
  RespReader reader_;
  ReceiveBuffer received_;
  std::string outgoing_{};
  std::size_t pending_ = 0;
  bool server_spoke_ = false;
  int protocol_ = 2;
  std::optional<Error> dead_{};
};

}  // namespace headroom::wire
