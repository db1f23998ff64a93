#include "act/signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Lines as redis-server 7.0.15 writes them.
const std::string persistence = "loading:0\r\nrdb_bgsave_in_progress:0\r\naof_rewrite_in_progress:0\r\n";
const std::string memory = "mem_clients_slaves:1000\r\nlazyfree_pending_objects:0\r\n";
const std::string online = "ip=10.0.0.2,port=6379,state=online,offset=1000,lag=1\r\n";

std::string replication(const std::string& slaves, int count) {
  return "role:master\r\nconnected_slaves:" + std::to_string(count) + "\r\n" + slaves +
         "master_repl_offset:1500\r\n";
}

std::string why(const std::string& repl, const std::string& persist, const std::string& mem,
                const PressureLimits& limits = {}, RoundTrips::Span p99 = 1ms) {
  const auto signals = read_signals(wire::InfoText(repl), wire::InfoText(persist), wire::InfoText(mem));
  return why_wait(signals, 100'000, p99, limits).words();
}

// THR-2: nothing speaks against it.
TEST(Signals, a_calm_server_gives_no_reason_to_wait) {
  EXPECT_EQ(why(replication("", 0), persistence, memory), "");
  EXPECT_EQ(why(replication("slave0:" + online, 1), persistence, memory), "");
}

// THR-2 F26: a replica that is behind, does not tell, or is only being filled.
TEST(Signals, replicas_that_cannot_follow_are_reasons_to_wait) {
  PressureLimits limits;
  limits.most_replica_lag = 499;
  const auto one = replication("slave0:" + online, 1);
  EXPECT_THAT(why(one, persistence, memory, limits), HasSubstr("a replica is behind: 500 B"));
  limits.most_replica_lag = 500;
  EXPECT_EQ(why(one, persistence, memory, limits), "");

  const auto silent = "slave0:ip=10.0.0.2,port=6379,state=online,offset=1500,lag=9\r\n";
  EXPECT_THAT(why(replication(silent, 1), persistence, memory), HasSubstr("not known"));
  EXPECT_THAT(why(replication("", 1), persistence, memory), HasSubstr("not known"));
  EXPECT_THAT(why(replication("slave0:" + online, 2), persistence, memory), HasSubstr("not known"));
  for (const std::string state : {"wait_bgsave", "send_bulk"})
    EXPECT_THAT(
        why(replication("slave0:ip=a,port=1,state=" + state + ",offset=0,lag=0\r\n", 1), persistence, memory),
        HasSubstr("first copy"));
}

// THR-2 F26: half of the output buffer limit, before the server drops the replica.
TEST(Signals, full_replica_buffers_are_a_reason_to_wait) {
  const auto one = replication("slave0:" + online, 1);
  EXPECT_EQ(why(one, persistence, "mem_clients_slaves:50000\r\nlazyfree_pending_objects:0\r\n"), "");
  EXPECT_THAT(why(one, persistence, "mem_clients_slaves:50001\r\nlazyfree_pending_objects:0\r\n"),
              HasSubstr("buffers of replicas"));
}

// THR-2 F27: forks, loading, lazy freeing, round trips.
TEST(Signals, every_other_strain_is_a_reason_to_wait) {
  const auto none = replication("", 0);
  const auto with = [](const std::string& field) {
    auto text = persistence;
    const auto at = text.find(field + ":0");
    return text.replace(at, field.size() + 2, field + ":1");
  };
  EXPECT_THAT(why(none, with("loading"), memory), HasSubstr("loading"));
  EXPECT_THAT(why(none, with("rdb_bgsave_in_progress"), memory), HasSubstr("BGSAVE"));
  EXPECT_THAT(why(none, with("aof_rewrite_in_progress"), memory), HasSubstr("AOF rewrite"));
  EXPECT_THAT(why(none, persistence, "lazyfree_pending_objects:100001\r\n"), HasSubstr("given back"));
  EXPECT_THAT(why(none, persistence, memory, {}, 51ms), HasSubstr("slowly: p99 51 ms"));
}

// THR-2: a signal that is missing is a reason of its own, whichever it is.
TEST(Signals, what_the_server_leaves_out_is_a_reason_to_wait) {
  const auto one = replication("slave0:" + online, 1);
  EXPECT_THAT(why("", persistence, memory), HasSubstr("not known"));
  EXPECT_THAT(why(one, "", memory), HasSubstr("does not tell loading"));
  EXPECT_THAT(why(one, "loading:0\r\nrdb_bgsave_in_progress:-1\r\n", memory), HasSubstr("rdb_bgsave"));
  EXPECT_THAT(why(one, persistence, ""), HasSubstr("lazyfree_pending_objects"));
  EXPECT_THAT(why(one, persistence, "lazyfree_pending_objects:0\r\n"), HasSubstr("mem_clients_slaves"));
}

// THR-2: the limit that Redis drops a replica at.
TEST(Signals, reads_the_output_buffer_limit_of_replicas) {
  const std::string usual = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
  EXPECT_EQ(replica_buffer_limit(usual), 67108864);
  EXPECT_EQ(replica_buffer_limit("normal 0 0 0 replica 1000 0 0 pubsub 1 1 1"), 1000);
  EXPECT_EQ(replica_buffer_limit("normal 0 0 0 slave 0 0 0"), 0);
  EXPECT_EQ(replica_buffer_limit(""), usual_replica_buffer_limit);
}

// THR-2 THR-3: one slow answer is no state, two in a row are.
TEST(RoundTrips, tells_a_hiccup_from_a_state) {
  RoundTrips trips;
  RoundTrips::Time now{};
  EXPECT_EQ(trips.p99(), 0us);
  for (int i = 0; i < 50; ++i) trips.add(now += 100ms, 1ms);
  trips.add(now += 3s, 3s);
  EXPECT_EQ(trips.p99(), 1ms);
  EXPECT_EQ(trips.last_two(), 1ms);
  trips.add(now += 2s, 2s);
  EXPECT_EQ(trips.p99(), 2s);
  EXPECT_EQ(trips.last_two(), 2s);
  EXPECT_EQ(trips.least(), 1ms);
  for (int i = 0; i < 200; ++i) trips.add(now += 100ms, 1ms);  // ten seconds later they are forgotten
  EXPECT_EQ(trips.p99(), 1ms);
}

// THR-5: windows of local time, across midnight too.
TEST(Windows, may_cross_midnight) {
  using Window = PressureLimits::Window;
  EXPECT_TRUE(in_window({}, 0));
  const std::vector<Window> night{{23 * 60, 5 * 60}};
  EXPECT_TRUE(in_window(night, 23 * 60));
  EXPECT_TRUE(in_window(night, 0));
  EXPECT_TRUE(in_window(night, 5 * 60 - 1));
  EXPECT_FALSE(in_window(night, 5 * 60));
  EXPECT_FALSE(in_window({{60, 120}, {180, 240}}, 150));
  EXPECT_TRUE(in_window({{60, 120}, {180, 240}}, 180));
}

}  // namespace
}  // namespace headroom::act
