#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace headroom::test {

/// A TCP server on a free loopback port that plays a script to every client, one after the other: for bytes
/// no real Redis would send. When the script has ended, and when a step cannot go on because the client left,
/// it waits for the client to leave and takes the next. Ends, without waiting for clients, in the destructor.
/// Throws std::runtime_error when it cannot listen.
class ScriptedServer {
 public:
  struct Step {
    enum class Kind { send, expect, close, reset } kind;
    std::string bytes = {};
    std::size_t piece = 0;               ///< of send: bytes at a time; 0: all at once
    std::chrono::milliseconds pause{0};  ///< of send: after each piece
  };
  static Step send(std::string bytes) { return {Step::Kind::send, std::move(bytes)}; }
  static Step send_in_pieces(std::string bytes, std::size_t piece, std::chrono::milliseconds pause) {
    return {Step::Kind::send, std::move(bytes), piece, pause};
  }
  /// Goes on once `text` has come from the client, behind what earlier expect() steps have seen.
  static Step expect(std::string text) { return {Step::Kind::expect, std::move(text)}; }
  static Step close() { return {Step::Kind::close}; }
  static Step reset() { return {Step::Kind::reset}; }  ///< RST instead of FIN

  explicit ScriptedServer(std::vector<Step> script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string received() const;  ///< from all clients so far

 private:
  struct Client;
  void serve();
  void play(Client& client);
  bool do_step(Client& client, const Step& step);
  bool send_bytes(Client& client, const Step& step);
  bool receive(Client& client);
  bool wait_for(int fd, short events, std::chrono::milliseconds most) const;

  std::vector<Step> script_;
  int listening_ = -1;
  int stop_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string received_;
  std::thread thread_;
};

/// What Redis 7.0 answers to HELLO 3: a map.
std::string_view hello_reply();

}  // namespace headroom::test
