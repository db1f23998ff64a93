#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "act/control_socket.h"
#include "act/pressure.h"
#include "pressure_kit.h"

namespace headroom::act {
namespace {

using test::becomes;
using test::open_at;
using test::RedisServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Somebody at the control socket.
struct Caller {
  explicit Caller(const std::string& path) : socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected = ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  void say(const std::string& bytes) const {
    (void)!::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// The next line; empty: it hung up.
  std::string hear() {
    while (received.find('\n') == std::string::npos) {
      char room[512];
      const auto got = ::recv(socket.number(), room, sizeof room, 0);
      if (got <= 0) return {};
      received.append(room, static_cast<std::size_t>(got));
    }
    const auto end = received.find('\n');
    const auto line = received.substr(0, end);
    received.erase(0, end + 1);
    return line;
  }
  std::string ask(const std::string& line) {
    say(line + "\n");
    return hear();
  }
  wire::Fd socket;
  bool connected = false;
  std::string received{};
};

// THR-3: pause, limits and abort level are tuned while a run is at work, and it always says why it waits.
TEST(Control, a_run_is_asked_and_told_over_its_socket) {
  const RedisServer server;
  const auto path = server.folder() + "/control";
  PressureParts parts;
  parts.open = open_at(server);
  parts.control_socket = path;
  parts.on_note = [](std::string_view note) { ADD_FAILURE() << note; };
  {
    auto pace = press({}, std::move(parts));
    ASSERT_TRUE(pace);
    struct stat made {};
    ASSERT_EQ(::lstat(path.c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777, 0600);
    std::atomic<bool> stopped = false;
    std::thread run([&] {
      while ((*pace)->permit().value() == Pace::Go::on)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      stopped = true;
    });
    Caller caller(path);
    EXPECT_THAT(caller.ask("status"), AllOf(StartsWith("running"), HasSubstr("duty 25 %")));
    EXPECT_EQ(caller.ask("pause"), "paused");
    ASSERT_TRUE(becomes([&] { return caller.ask("status").starts_with("waiting: paused"); }));
    EXPECT_EQ(caller.ask("resume"), "going on");
    ASSERT_TRUE(becomes([&] { return caller.ask("status").starts_with("running"); }));
    EXPECT_THAT(caller.ask("duty 50"), HasSubstr("duty 50 %"));
    EXPECT_THAT(caller.ask("lag 3mb"), HasSubstr("of 3.00 MiB allowed"));
    EXPECT_THAT(caller.ask("round-trip 20"), HasSubstr("of 20 ms allowed"));
    EXPECT_THAT(caller.ask("abort-round-trip 4000"), HasSubstr("abort above 4000 ms"));
    for (const std::string nonsense : {"", "duty", "duty 0", "duty 101", "duty -1", "lag many", "FLUSHALL",
                                       "round-trip 99999999999", "\x1b]0;x\x07 1"})
      EXPECT_THAT(caller.ask(nonsense), StartsWith("error: ")) << nonsense;
    EXPECT_THAT(caller.ask("help"), HasSubstr("round-trip"));
    EXPECT_FALSE(stopped);
    EXPECT_EQ(caller.ask("stop"), "stopping");
    run.join();
    EXPECT_THAT((*pace)->why_stopped(), HasSubstr("control socket"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

// THR-3: lines come in pieces and several at once; too long ones end their caller and nobody else.
TEST(Control, reads_any_input_within_bounds) {
  const RedisServer server;
  const auto path = server.folder() + "/control";
  auto control = ControlSocket::open(path);
  ASSERT_TRUE(control);
  const auto echo = [](std::string_view line) { return fmt::format("[{}]", line); };
  Caller one(path), rude(path);
  one.say("a\r\nb\nc");
  (*control)->serve(echo);
  EXPECT_EQ(one.hear(), "[a]");
  EXPECT_EQ(one.hear(), "[b]");
  rude.say(std::string(100'000, 'x'));
  for (int i = 0; i < 3; ++i) (*control)->serve(echo);
  EXPECT_EQ(rude.hear(), "");
  one.say("d\n");
  (*control)->serve(echo);
  EXPECT_EQ(one.hear(), "[cd]");
}

// THR-3: callers who never leave keep nobody out.
TEST(Control, the_ninth_caller_takes_the_place_of_the_first) {
  const RedisServer server;
  const auto path = server.folder() + "/control";
  auto control = ControlSocket::open(path);
  ASSERT_TRUE(control);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 9; ++i) {
    callers.push_back(std::make_unique<Caller>(path));
    (*control)->serve([](std::string_view) { return "yes"; });
  }
  EXPECT_EQ(callers[0]->hear(), "");
  callers[8]->say("there?\n");
  (*control)->serve([](std::string_view) { return "yes"; });
  EXPECT_EQ(callers[8]->hear(), "yes");
}

// THR-3: what a killed run left is replaced; what is no socket is left alone; a long path is said.
TEST(Control, finds_its_place_or_says_why_not) {
  const RedisServer server;
  const auto path = server.folder() + "/control";
  {
    const wire::Fd left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(left.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(ControlSocket::open(path));
  std::ofstream(path) << "mine";
  const auto taken = ControlSocket::open(path);
  ASSERT_FALSE(taken);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));

  PressureParts parts;
  parts.open = open_at(server);
  parts.control_socket = server.folder() + "/" + std::string(108, 'x');
  std::string notes;
  parts.on_note = [&](std::string_view note) { notes += note; };
  auto pace = press({}, std::move(parts));
  ASSERT_TRUE(pace);
  EXPECT_THAT(notes, HasSubstr("107 bytes"));
  EXPECT_EQ((*pace)->permit().value(), Pace::Go::on);
}

}  // namespace
}  // namespace headroom::act
