#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/fd.h"

namespace headroom::act {

/// A Unix socket at which a run can be asked and told things while it is at work: one line in, one line out.
///
///     $ echo status | socat - UNIX-CONNECT:.../runs/ID/control
///
/// Never blocks. Only its owner may connect (0600). At most eight clients, the oldest gives way; a line of
/// more than 256 bytes ends its client. The file is removed at the end.
class ControlSocket {
 public:
  /// A socket file that a dead run left at `path` is replaced. Errors: the path is longer than the 107 bytes
  /// that Linux allows; something else is there; no permission.
  static Result<std::unique_ptr<ControlSocket>> open(std::string path);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Gives an answer, without line end, to a line, likewise.
  using Answer = std::function<std::string(std::string_view line)>;
  /// Takes what has come and answers it.
  void serve(const Answer& answer);

 private:
  struct Client {
    wire::Fd socket;
    std::string received{};
  };
  ControlSocket(wire::Fd listening, std::string path)
      : listening_(std::move(listening)), path_(std::move(path)) {}
  void accept_all();
  static bool serve(Client& client, const Answer& answer);

  wire::Fd listening_;
  std::string path_;
  std::deque<Client> clients_{};
};

}  // namespace headroom::act
