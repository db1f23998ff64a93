#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "act/execute/server_clock.h"
#include "wire/link.h"

namespace headroom::act {

/// What went wrong with a request, if anything.
struct Trouble {
  enum class Kind : std::uint8_t {
    none,
    lost,     ///< the connection is gone; what was sent may or may not have been done
    refused,  ///< `text` is an error of the server; nothing was done
  } kind = Kind::none;
  std::string text{};
  explicit operator bool() const { return kind != Kind::none; }
};

/// Commands that go out together, each with what to do about its answer.
class Pipeline {
 public:
  using Take = std::function<void(const wire::Reply&)>;
  /// `link` is borrowed, and so is `clock`, which is told what each round took. Needs: nothing pending there.
  explicit Pipeline(wire::Link& link, ServerClock* clock = nullptr) : link_(link), clock_(clock) {}
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void ask(std::initializer_list<std::string_view> command, Take take);
  void ask(wire::Command command, Take take);
  bool empty() const { return takes_.empty(); }
  /// Sends what was asked (a round: nothing is asked before it was heard), and waits for nothing. What goes
  /// wrong is told by run().
  void send();
  /// Sends all, gives each its answer (errors too), in order.
  Trouble run();

 private:
  void begin_round();
  void end_round();

  wire::Link& link_;
  ServerClock* clock_;
  std::optional<ServerClock::Micros> begun_{};
  bool ended_ = false;  ///< the round that is under way
  std::vector<Take> takes_{};
};

}  // namespace headroom::act
