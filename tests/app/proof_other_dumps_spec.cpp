#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "family/proof/prover.h"
#include "kit/loaded_server.h"
#include "source/rdb/decoder.h"
#include "source/rdb_kit.h"

namespace headroom::app {
namespace {

using nlohmann::json;
using testing::IsEmpty;

/// Reads a dump into proofs.
class Told : public source::rdb::Events {
 public:
  explicit Told(family::Prover& prover) : prover_(prover) {}
  void aux(std::string_view name, std::string_view value) override {
    if (name == "ctime") written = std::chrono::seconds(std::stoll(std::string(value)));
  }
  Reading key(const StoredKey& key) override {
    const auto reading = prover_.wants(key);
    later_ = reading != Reading::nothing && key.type == KeyType::string && prover_.wants_later();
    return later_ ? Reading::elements : reading;
  }
  bool element(const StoredKey&, const Element& element) override {
    if (later_) text_ = element.name;
    return prover_.element(element);
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    prover_.ends(key, size, Bytes{1});
    if (later_) prover_.later(key, text_, Bytes{1});
  }

  std::chrono::milliseconds written{};

 private:
  family::Prover& prover_;
  bool later_ = false;  ///< the key at hand is listened to afterwards, with this text
  std::string text_{};
};

/// "family owner kind", of the rows of a dump looked at some time after it was written, with their counts.
struct Found {
  std::map<std::string, std::uint64_t> debris{}, stranded{};
  std::vector<DebrisSum> rows{};
};

Found found_in(const std::string& dump, std::chrono::milliseconds later, Certainty least) {
  family::Prover prover(family::proofs::known_proofs(), {.again = true});
  Told nobody(prover);
  source::rdb::decode_bytes(source::rdb::dump(dump), nobody);  // for the time alone
  family::Prover real(family::proofs::known_proofs(), {.again = true});
  Told told(real);
  unsigned pass = 0;
  do {
    real.begin(nobody.written + later, ++pass);
    const auto decoded = source::rdb::decode_bytes(source::rdb::dump(dump), told);
    EXPECT_TRUE(decoded.complete) << decoded.fault;
  } while (real.another_pass());
  auto proved = real.finish();
  Found found;
  const auto put = [&](const std::vector<DebrisSum>& rows, std::map<std::string, std::uint64_t>& into) {
    for (const auto& row : rows) {
      if (row.certainty < least) continue;
      into[std::string(row.family) + " " + row.owner + " " + std::string(row.kind)] +=
          static_cast<std::uint64_t>(row.keys.value);
      found.rows.push_back(row);
    }
  };
  put(proved.debris, found.debris);
  put(proved.stranded, found.stranded);
  return found;
}

using Rows = std::map<std::string, std::uint64_t>;
using std::chrono::hours;

// What the producers say that they left stands in the reports beside the dumps (tests/dumps/*.ndjson).

TEST(OtherProofsOnDumps, of_celery_prove_the_chord_in_error_and_old_results_and_nothing_else) {
  const json report = json::parse(test::dump_reports("celery_mixed").at(0));
  std::uint64_t ended = 0;
  for (const auto& state : report["results"])
    if (const auto name = state["state"].get<std::string>();
        name == "SUCCESS" || name == "FAILURE" || name == "REVOKED")
      ended += state["without_ttl"].get<std::uint64_t>();
  // The parts of the chord that failed: .j and .s, as the report lists them.
  EXPECT_EQ(found_in("celery_mixed", hours(0), Certainty::proved).debris,
            (Rows{{"celery  chord-in-error", 2}}));
  EXPECT_EQ(found_in("celery_mixed", hours(25), Certainty::proved).debris,
            (Rows{{"celery  chord-in-error", 2}, {"celery  result-without-ttl", ended}}));
  EXPECT_THAT(found_in("celery_mixed", hours(0), Certainty::proved).stranded, IsEmpty());
}

TEST(OtherProofsOnDumps, of_celery_suspect_what_killed_clients_and_workers_left) {
  const json report = json::parse(test::dump_reports("celery_mixed").at(0));
  std::map<std::string, std::uint64_t> left;
  for (const auto& one : report["debris"])
    if (one["kind"] != "stale_binding" || one["key"] == "_kombu.binding.reply.celery.pidbox")
      ++left[one["kind"].get<std::string>()];
  std::uint64_t undated = 0;
  for (const auto& state : report["results"])
    if (const auto name = state["state"].get<std::string>();
        name == "STARTED" || name == "RETRY" || name == "PROGRESS")
      undated += state["without_ttl"].get<std::uint64_t>();
  const auto found = found_in("celery_mixed", hours(3), Certainty::suspected);
  EXPECT_EQ(found.debris, (Rows{{"celery  chord-in-error", left["chord_in_error"]},
                                {"celery  result-without-date", undated},
                                {"kombu  leaked-reply-list", left["leaked_reply_list"]},
                                {"kombu  stale-binding", left["stale_binding"]},
                                {"kombu  celeryev-list", left["celeryev_list"]},
                                {"kombu  unread-rpc-list", left["unread_rpc_list"]}}));
  // What killed workers held, by then past its visibility timeout.
  EXPECT_EQ(found.stranded,
            (Rows{{"kombu  unacked-past-visibility", report["unacked"]["hash"].get<std::uint64_t>()},
                  {"kombu app1: unacked-past-visibility",
                   report["prefixed_unacked"]["hash"].get<std::uint64_t>()}}));
}

TEST(OtherProofsOnDumps, of_the_other_libraries_find_what_these_left) {
  // An hour on, which the ghost of a job needs to be told from a job that runs.
  const auto found = found_in("others", hours(1), Certainty::suspected);
  EXPECT_EQ(found.debris,
            (Rows{{"rq  dangling-queue-id", 1},        // evicted
                  {"rq  ghost-job", 1},                // rq:job:ghost
                  {"rq  registry-id-without-job", 1},  // ghost in rq:wip:orders
                  {"rq  dead-worker", 2},              // see below
                  {"sidekiq  dead-process-name", 1},   // vm:27482:eec9844bfbf4
                  {"sidekiq  stale-digest", 20},
                  {"sidekiq  stale-digest-entry", 20},
                  {"laravel  dangling-tag-reference", 1},          // `gone`, which expired after a second
                  {"arq  dangling-queue-id", 1},                   // job-lost
                  {"redbeat  dangling-schedule", 1},               // redbeat:evicted
                  {"horizon horizon index-entry-without-job", 1},  // job-gone, twice
                  {"spring_session spring:session past-expirations", 1},
                  {"spring_session spring:session index-entry-without-session", 1}}));
  EXPECT_EQ(found.stranded,
            (Rows{{"dramatiq  message-in-no-queue", 1},                      // orphan-1
                  {"dramatiq  messages-of-silent-worker", 1},                // of a worker without heartbeat
                  {"laravel laravel_database_ reservation-past-due", 1}}));  // one popped, never deleted
}

}  // namespace
}  // namespace headroom::app
