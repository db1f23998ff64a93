#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "kit/producers.h"
#include "kit/redis_cli.h"
#include "kit/running_program.h"
#include "live/audited.h"
#include "live/injected_orphans.h"

// The proof under fire (issue 3, "The orphan proof"): real BullMQ of three majors at full load, orphans put
// among its jobs, snapshots taken meanwhile. In each snapshot every orphan is found and no other key is taken
// for debris.
namespace headroom::test {
namespace {

std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoul(text);
}

std::string field(const std::string& info, const std::string& name) {
  const auto at = info.find(name + ":");
  return at == std::string::npos
             ? ""
             : info.substr(at + name.size() + 1, info.find('\r', at) - at - name.size() - 1);
}

/// Returns when a snapshot that was begun after the call lies in the server's folder.
void save(const RedisServer& server) {
  std::string reply;
  // Another child, of a snapshot for us as a replica, may not have been waited for yet.
  do reply = redis_cli(server, {"BGSAVE"});
  while (reply.starts_with("ERR Another child process") || reply.ends_with("already in progress"));
  ASSERT_THAT(reply, testing::StartsWith("Background saving started"));
  std::string info;
  do info = redis_cli(server, {"INFO", "persistence"});
  while (field(info, "rdb_bgsave_in_progress") != "0");
  ASSERT_EQ(field(info, "rdb_last_bgsave_status"), "ok");
}

/// owner, kind -> keys
using Debris = std::map<std::pair<std::string, std::string>, std::size_t>;

Debris expected(const InjectedOrphans& orphans) {
  Debris rows{{{"bull:shop", "legacy-repeatable"}, 1}};  // what version 4 has instead of a job scheduler
  for (const auto& [root, left] : orphans.queues()) {
    if (!left.jobs.empty()) rows[{root, "orphaned-job"}] = left.jobs.size();
    if (!left.logs.empty()) rows[{root, "orphaned-subkey"}] = left.logs.size();
    if (left.above_counter) rows[{root, "counter-behind"}] = 1;  // it is
  }
  return rows;
}

Debris found(const Json& audit) {
  Debris rows;
  for (const auto* table : {"debris", "stranded"})
    for (const auto& row : audit.value(table, Json::array()))
      rows[{row["owner"], row["kind"]}] += row["keys"].get<std::size_t>();
  return rows;
}

class OrphanProof : public testing::Test {
 protected:
  OrphanProof() {
    for (const auto& queue : ready["queues"]) roots.push_back(queue["root"]);
  }

  Json audit(bool by_file) {
    const auto source = by_file ? std::vector<std::string>{"audit", server.folder() + "/dump.rdb"}
                                : std::vector<std::string>{"audit",   "--source", "snapshot",
                                                           "--force", "-s",       server.socket_path()};
    if (by_file) save(server);
    auto words = source;
    words.insert(words.end(), {"--format", "json", "--top", "0"});
    const auto finished = headroom(words);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return finished.status == 0 ? Json::parse(finished.out) : Json();
  }

  void expect_examples(const Json& audit, const InjectedOrphans& orphans, bool all_named) const {
    for (const auto& row : audit["debris"]) {
      const auto left = orphans.queues().find(row["owner"]);
      ASSERT_NE(left, orphans.queues().end()) << row;
      const bool jobs = row["kind"] == "orphaned-job";
      if (!jobs && row["kind"] != "orphaned-subkey") continue;
      EXPECT_EQ(row["certainty"], "proved") << row;
      const auto& names = jobs ? left->second.jobs : left->second.logs;
      for (const auto& example : row["examples"])
        EXPECT_EQ(names.count(example["key"]), 1U) << example << " in " << row;
      if (all_named) {
        EXPECT_EQ(row["examples"].size(), std::min<std::size_t>(3, names.size())) << row;
      }
    }
  }

  RedisServer server{{"--repl-diskless-sync-delay", "0"}};
  RunningProgram load{{"node", HEADROOM_TREE "/tests/live/producers/bullmq_load.mjs", "--url", server.url()}};
  const Json ready = Json::parse(load.line());
  std::vector<std::string> roots{};
};

/// Jobs that came to an end in a queue between two reports of the load.
std::size_t processed(const Json& before, const Json& after) {
  return after["completed"].get<std::size_t>() + after["failed"].get<std::size_t>() -
         before["completed"].get<std::size_t>() - before["failed"].get<std::size_t>();
}

TEST_F(OrphanProof, finds_all_orphans_and_invents_none_while_bullmq_is_at_work) {
  const auto snapshots = from_environment("HEADROOM_ORPHAN_SNAPSHOTS", 100);
  const auto wanted = from_environment("HEADROOM_ORPHANS", 10'000);
  InjectedOrphans orphans(server, roots);
  for (std::size_t n = 0; n < snapshots && !HasFailure(); ++n) {
    const auto due = snapshots > 1 ? wanted * n / (snapshots - 1) : wanted;
    orphans.add(due - orphans.size());
    SCOPED_TRACE(testing::Message() << "snapshot " << n << " with " << orphans.size() << " orphans");
    const bool by_file = n % 2 == 0;
    const auto report = audit(by_file);
    ASSERT_FALSE(report.is_null());
    EXPECT_EQ(report["source"], by_file ? "rdb" : "snapshot");
    EXPECT_EQ(found(report), expected(orphans)) << report["debris"].dump(1) << report["notes"];
    EXPECT_THAT(report["notes"].dump(), testing::Not(testing::HasSubstr("Not proved")));
    expect_examples(report, orphans, by_file);
  }
  load.end_input();
  const auto last = Json::parse(load.line());
  std::size_t jobs = 0;
  for (std::size_t i = 0; i < roots.size(); ++i) {
    const auto of_queue = processed(ready["queues"][i], last["queues"][i]);
    EXPECT_GT(of_queue, 0U) << roots[i] << " stood still";
    jobs += of_queue;
  }
  std::cout << snapshots << " snapshots, " << orphans.size() << " orphans, " << jobs << " jobs meanwhile\n";
}

}  // namespace
}  // namespace headroom::test
