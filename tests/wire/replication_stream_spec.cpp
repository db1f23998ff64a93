#include "wire/replication_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kit/scripted_server.h"

namespace headroom::wire {
namespace {

using namespace std::chrono_literals;
using headroom::test::ScriptedServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Attached = ReplicationStream::Attached;
using Steps = std::vector<ScriptedServer::Step>;

const std::string id = "0123456789012345678901234567890123456789";
const std::string full = "+FULLRESYNC " + id + " 77\r\n";
const std::string mark = "aab9aab1f03c7de2465b8091aab4cf7e6d530218";

ReplicationOptions brief() {
  ReplicationOptions options;
  options.deadlines = {.connect = 2s, .handshake = 2s, .command = 2s, .run = {}};
  options.patience = 2s, options.silence = 2s;
  return options;
}

/// A server that takes login and PSYNC, and then plays `answer`.
Steps script(Steps answer, const std::string& rdb_only = "+OK\r\n") {
  Steps steps{ScriptedServer::expect("HELLO"),
              ScriptedServer::send(std::string(headroom::test::hello_reply())),
              ScriptedServer::expect("psync2\r\n"),
              ScriptedServer::send("+OK\r\n"),
              ScriptedServer::expect("rdb-only\r\n$1\r\n1\r\n"),
              ScriptedServer::send(rdb_only),
              ScriptedServer::expect("PSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n")};
  steps.insert(steps.end(), answer.begin(), answer.end());
  return steps;
}
Steps script(const std::string& answer) { return script({ScriptedServer::send(answer)}); }

Result<Attached> attach(const ScriptedServer& server, const ReplicationOptions& options = brief()) {
  return ReplicationStream::open(parse_endpoint(server.url()).value(), "test", options);
}

struct Taken {
  std::string bytes{};
  std::optional<Error> error{};
};
Taken take_all(ReplicationStream& stream, std::size_t room) {
  Taken taken;
  std::string part(room, '\0');
  while (true) {
    const auto got = stream.read(part);
    if (!got) {
      taken.error = got.error();
      return taken;
    }
    if (*got == 0) return taken;
    taken.bytes.append(part, 0, *got);
  }
}

/// What comes out when the server plays `steps` behind PSYNC.
Taken snapshot_of(Steps steps, std::size_t room = 4096, const ReplicationOptions& options = brief()) {
  const ScriptedServer server(script(std::move(steps)));
  const auto attached = attach(server, options);
  if (!attached) return {"", attached.error()};
  if (!attached->stream) return {"refused", attached->refusal.error};
  return take_all(*attached->stream, room);
}
Taken snapshot_of(const std::string& answer, std::size_t room = 4096) {
  return snapshot_of(Steps{ScriptedServer::send(answer), ScriptedServer::close()}, room);
}

Error failure(const std::string& answer) {
  const auto taken = snapshot_of(answer);
  EXPECT_TRUE(taken.error) << answer << " gave " << taken.bytes;
  return taken.error.value_or(Error{});
}

Refusal refused_with(const std::string& answer) {
  const ScriptedServer server(script({ScriptedServer::send(answer), ScriptedServer::close()}));
  const auto attached = attach(server);
  EXPECT_TRUE(attached) << answer << (attached ? "" : attached.error().what);
  if (!attached) return {};
  EXPECT_FALSE(attached->stream);
  EXPECT_EQ(attached->refusal.error.where, server.url() + "/0");
  return attached->refusal;
}

TEST(ReplicationStream, gives_out_as_many_bytes_as_the_length_says) {
  const ScriptedServer server(script("\n\n" + full + "$5\r\nREDIS behind"));
  const auto attached = attach(server);
  ASSERT_TRUE(attached);
  ASSERT_TRUE(attached->stream);
  EXPECT_EQ(attached->stream->start().replication_id, id);
  EXPECT_EQ(attached->stream->start().offset, 77U);
  EXPECT_EQ(attached->stream->start().length, 5U);
  EXPECT_TRUE(attached->stream->start().rdb_only);
  const auto taken = take_all(*attached->stream, 3);
  EXPECT_EQ(taken.bytes, "REDIS");
  EXPECT_FALSE(taken.error);
  std::array<char, 4> room;
  EXPECT_EQ(attached->stream->read(room).value(), 0U) << "the end stays the end";
}

TEST(ReplicationStream, ends_at_the_mark_and_gives_none_of_it_out) {
  const auto taken = snapshot_of(full + "$EOF:" + mark + "\r\nREDIS0011" + mark + "+PING behind the end");
  EXPECT_EQ(taken.bytes, "REDIS0011");
  EXPECT_FALSE(taken.error);
}

TEST(ReplicationStream, finds_the_mark_split_at_any_place_and_gives_false_beginnings_out) {
  const std::string data =
      "REDIS" + mark.substr(0, 39) + mark.substr(0, 11) + "x" + mark.substr(1) + "abcabc";
  const std::string all = full + "$EOF:" + mark + "\r\n" + data + mark;
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    const auto taken = snapshot_of(
        {ScriptedServer::send_in_pieces(all.substr(0, cut), cut, 1ms), ScriptedServer::send(all.substr(cut))},
        7);
    ASSERT_EQ(taken.bytes, data) << cut;
    ASSERT_FALSE(taken.error) << cut;
  }
}

TEST(ReplicationStream, takes_bytes_that_come_and_are_asked_for_one_by_one) {
  const std::string data = "REDIS" + mark.substr(0, 20);
  const std::string streamed = full + "\n$EOF:" + mark + "\r\n" + data + mark;
  const std::string counted = full + "\n$25\r\n" + data;
  for (const auto& all : {streamed, counted}) {
    const auto taken = snapshot_of({ScriptedServer::send_in_pieces(all, 1, 0ms)}, 1);
    EXPECT_EQ(taken.bytes, data);
    EXPECT_FALSE(taken.error);
  }
}

TEST(ReplicationStream, carries_snapshots_larger_than_its_buffer) {
  std::string data = "REDIS";
  for (int i = 0; i < 400'000; ++i) data += mark.substr(0, static_cast<std::size_t>(i % 40));
  const auto taken = snapshot_of(full + "$EOF:" + mark + "\r\n" + data + mark, 100'000);
  EXPECT_TRUE(taken.bytes == data);
  EXPECT_FALSE(taken.error);
}

TEST(ReplicationStream, a_connection_cut_at_any_place_is_never_a_whole_snapshot) {
  const std::string streamed = full + "$EOF:" + mark + "\r\nREDIS0011" + mark;
  const std::string counted = full + "$9\r\nREDIS0011";
  for (const auto& all : {streamed, counted}) {
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
      const auto error = failure(all.substr(0, cut));
      ASSERT_THAT(error.what, HasSubstr("the server closed the connection")) << all.substr(0, cut);
      ASSERT_FALSE(error.remedy.empty());
      ASSERT_EQ(error.exit, cut > all.find("\r\nREDIS0011") + 1 ? Exit::partial : Exit::unreachable);
    }
  }
}

TEST(ReplicationStream, an_error_stays_one) {
  const ScriptedServer server(script({ScriptedServer::send(full + "$9\r\nREDIS"), ScriptedServer::reset()}));
  const auto attached = attach(server);
  ASSERT_TRUE(attached && attached->stream);
  const auto first = take_all(*attached->stream, 64);
  ASSERT_TRUE(first.error);
  EXPECT_EQ(first.error->exit, Exit::partial);
  EXPECT_EQ(first.error->where, server.url() + "/0");
  EXPECT_EQ(take_all(*attached->stream, 64).error->what, first.error->what);
}

TEST(ReplicationStream, refuses_lengths_that_no_snapshot_has) {
  for (const std::string length : {"$9223372036854775808", "$18446744073709551616", "$-1", "$0", "$", "$ 5",
                                   "$5x", "$+5", "5", "*1", "+CONTINUE"}) {
    EXPECT_THAT(failure(full + length + "\r\nREDIS").what, HasSubstr("as Redis does")) << length;
  }
  const auto cut = failure(full + "$9223372036854775807\r\nREDIS");
  EXPECT_THAT(cut.what, HasSubstr("after 5 B of its snapshot"));
  EXPECT_EQ(cut.exit, Exit::partial);
}

TEST(ReplicationStream, refuses_a_mark_of_another_length) {
  EXPECT_THAT(failure(full + "$EOF:" + mark.substr(1) + "\r\nREDIS").what, HasSubstr("as Redis does"));
  EXPECT_THAT(failure(full + "$EOF:" + mark + "x\r\nREDIS").what, HasSubstr("as Redis does"));
  EXPECT_THAT(failure(full + "$EOF:\r\nREDIS").what, HasSubstr("as Redis does"));
}

TEST(ReplicationStream, refuses_other_answers_than_a_full_resync) {
  const std::vector<std::string> answers{"+CONTINUE",
                                         "+CONTINUE " + id,
                                         "+OK",
                                         ":1",
                                         "$5",
                                         "+FULLRESYNC",
                                         "+FULLRESYNC " + id,
                                         "+FULLRESYNC " + id + " x",
                                         "+FULLRESYNC short 0",
                                         "HTTP/1.1 400 Bad Request"};
  for (const auto& answer : answers) {
    const auto error = failure(answer + "\r\n");
    EXPECT_THAT(error.what, HasSubstr("as Redis does")) << answer;
    EXPECT_THAT(error.remedy, HasSubstr("--source scan")) << answer;
  }
  EXPECT_THAT(failure("+\x1b[2J\x07\r\n").what, Not(HasSubstr("\x1b"))) << "nothing acts on the terminal";
}

TEST(ReplicationStream, endless_lines_and_endless_newlines_end) {
  EXPECT_THAT(failure("+FULLRESYNC " + std::string(1 << 20, 'x')).what, HasSubstr("endless line"));
  EXPECT_THAT(failure(full + std::string(1 << 20, 'x')).what, HasSubstr("endless line"));
  EXPECT_THAT(failure(std::string(200'000, '\n')).what, HasSubstr("empty lines without end"));
  EXPECT_THAT(failure(full + std::string(200'000, '\n')).what, HasSubstr("empty lines without end"));
  std::string both;
  for (int i = 0; i < 100'000; ++i) both += "\r\n";
  EXPECT_THAT(failure(both).what, HasSubstr("empty lines without end"));
}

TEST(ReplicationStream, waits_as_long_as_it_is_told_to) {
  auto options = brief();
  options.patience = 300ms;
  const ScriptedServer waiting(script({ScriptedServer::send_in_pieces(std::string(100, '\n'), 1, 20ms)}));
  std::vector<std::chrono::milliseconds> told;
  options.on_waiting = [&](std::chrono::milliseconds since) { told.push_back(since); };
  const auto late = attach(waiting, options);
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().what, HasSubstr("did not begin its snapshot in time"));
  EXPECT_GT(told.size(), 1U);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));

  options = brief();
  options.silence = 100ms;
  const ScriptedServer silent(script(Steps{}));
  const auto nothing = attach(silent, options);
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().what, HasSubstr("silent"));

  const auto stuck = snapshot_of({ScriptedServer::send(full + "$9\r\nREDIS")}, 64, options);
  EXPECT_EQ(stuck.bytes, "REDIS");
  ASSERT_TRUE(stuck.error);
  EXPECT_THAT(stuck.error->what, HasSubstr("stopped sending"));
  EXPECT_EQ(stuck.error->exit, Exit::partial);

  options = brief();
  options.deadlines.run = 200ms;
  const auto limited = snapshot_of({ScriptedServer::send(full + "$9\r\nREDIS")}, 64, options);
  ASSERT_TRUE(limited.error);
  EXPECT_THAT(limited.error->what, HasSubstr("time limit"));
}

TEST(ReplicationStream, cancelling_ends_the_waiting_and_the_reading) {
  for (const std::string& begun : {std::string("\n"), full + "$9\r\nREDIS"}) {
    const ScriptedServer server(script({ScriptedServer::send(begun)}));
    const auto cancellation = std::make_shared<Cancellation>();
    std::thread other([&] {
      std::this_thread::sleep_for(100ms);
      cancellation->cancel();
    });
    auto options = brief();
    options.silence = 1min, options.patience = 1min;
    auto attached =
        ReplicationStream::open(parse_endpoint(server.url()).value(), "test", options, cancellation);
    const auto error = !attached ? attached.error() : take_all(*attached->stream, 64).error.value_or(Error{});
    other.join();
    EXPECT_EQ(error.what, "interrupted");
    EXPECT_EQ(error.exit, Exit::partial);
  }
}

TEST(ReplicationStream, tells_a_server_that_forbids_from_one_that_cannot_now) {
  using Kind = Refusal::Kind;
  struct Case {
    std::string answer;
    Kind kind;
    std::string what, remedy;
  };
  // Texts of Redis 2.8 to 7.4 and of managed services.
  const Case cases[] = {
      {"-NOPERM this user has no permissions to run the 'psync' command", Kind::forbidden, "may not take",
       "ACL SETUSER"},
      {"-ERR unknown command 'PSYNC', with args beginning with: '?' '-1' ", Kind::forbidden, "renamed",
       "--source scan"},
      {"-NOAUTH Authentication required.", Kind::forbidden, "password", "REDISCLI_AUTH"},
      {"-ERR this command is not allowed here", Kind::forbidden, "not allowed here", "--source scan"},
      {"-LOADING Redis is loading the dataset in memory", Kind::not_now, "loading", "later"},
      {"-NOMASTERLINK Can't SYNC while not connected with my master", Kind::not_now, "no link to its master",
       "master_link_status"},
      {"-ERR Can't SYNC while not connected with my master", Kind::not_now, "no link to its master",
       "master_link_status"},
      {"-BUSY Redis is busy running a script.", Kind::not_now, "script", "later"},
  };
  for (const auto& one : cases) {
    const auto refusal = refused_with(one.answer + "\r\n");
    EXPECT_EQ(refusal.kind, one.kind) << one.answer;
    EXPECT_THAT(refusal.error.what, HasSubstr(one.what)) << one.answer;
    EXPECT_THAT(refusal.error.remedy, HasSubstr(one.remedy)) << one.answer;
    EXPECT_EQ(refusal.error.exit, Exit::unreachable);
  }
  EXPECT_EQ(refused_with("").kind, Kind::forbidden) << "a proxy that only closes";
}

TEST(ReplicationStream, a_server_that_begins_and_cannot_is_an_error) {
  const auto error = failure(full + "-ERR BGSAVE failed, replication can't continue\r\n");
  EXPECT_THAT(error.what, AllOf(HasSubstr("could not make its snapshot"), HasSubstr("BGSAVE failed")));
}

TEST(ReplicationStream, goes_on_without_rdb_only_and_says_so) {
  const ScriptedServer server(script({ScriptedServer::send(full + "$5\r\nREDIS")},
                                     "-ERR Unrecognized REPLCONF option: rdb-only\r\n"));
  const auto attached = attach(server);
  ASSERT_TRUE(attached && attached->stream);
  EXPECT_FALSE(attached->stream->start().rdb_only);
  EXPECT_EQ(take_all(*attached->stream, 64).bytes, "REDIS");
}

TEST(ReplicationStream, sends_nothing_behind_PSYNC_and_leaves_at_the_end) {
  const ScriptedServer server(script(full + "$5\r\nREDIS"));
  const auto attached = attach(server);
  ASSERT_TRUE(attached && attached->stream);
  EXPECT_EQ(take_all(*attached->stream, 64).bytes, "REDIS");
  // The next client is served only when the first has left.
  const auto again = attach(server);
  ASSERT_TRUE(again && again->stream);
  const auto received = server.received();
  const auto first = received.find("PSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n");
  EXPECT_EQ(received.substr(first + 22, 1), "*") << "the login of the second follows at once";
  EXPECT_THAT(received, AllOf(HasSubstr("headroom:test"), Not(HasSubstr("listening-port")),
                              Not(HasSubstr("ACK")), Not(HasSubstr("SELECT"))));
}

}  // namespace
}  // namespace headroom::wire
