#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/producers.h"
#include "live/audited.h"

// Every state of Bull and BullMQ, left by the real libraries of several majors, and what headroom makes of
// them.
namespace headroom::test {
namespace {

struct Library {
  std::string script;
  std::string name;
  std::string family;

  friend std::ostream& operator<<(std::ostream& out, const Library& library) { return out << library.name; }
};

/// A queue whose name is a number is an id to the audit: "bull:mail:7" shows as "bull:mail:{n}"
/// (docs/decisions/001). `queues` lists it by its own name.
std::string owner_in_audit(const std::string& root) {
  const auto last = root.rfind(':') + 1;
  const bool number = last < root.size() && root.find_first_not_of("0123456789", last) == std::string::npos;
  return number ? root.substr(0, last) + "{n}" : root;
}

class QueueLibrary : public testing::TestWithParam<Library> {
 protected:
  Json produce_states() {
    return Json::parse(produce({GetParam().script, "--library", GetParam().name}, server.url()));
  }
  RedisServer server;
};

TEST_P(QueueLibrary, leaves_no_key_that_headroom_cannot_name) {
  const auto produced = produce_states();
  const auto audit = report_of("audit", server);
  ASSERT_FALSE(audit.is_null());
  EXPECT_THAT(unclassified(audit, ""), testing::IsEmpty());
  for (const auto& queue : produced["queues"]) {
    const auto owner = row(audit["owners"], "owner", owner_in_audit(queue["root"].get<std::string>()));
    ASSERT_FALSE(owner.is_null()) << "audit has no owner " << queue["root"];
    EXPECT_EQ(owner["family"], GetParam().family) << queue["root"];
  }
}

TEST_P(QueueLibrary, has_the_job_counts_that_the_library_itself_gives) {
  const auto produced = produce_states();
  const auto queues = report_of("queues", server);
  ASSERT_FALSE(queues.is_null());
  expect_same_states(produced, queues);
}

TEST_P(QueueLibrary, is_told_apart_when_paused) {
  const auto produced = produce_states();
  const auto queues = report_of("queues", server);
  for (const auto& queue : produced["queues"]) {
    const auto shown = row(queues["queues"], "owner", queue["root"].get<std::string>());
    const bool paused = shown["flags"].dump().find("paused") != std::string::npos;
    EXPECT_EQ(paused, queue["paused"].get<bool>()) << queue["root"] << " " << shown["flags"];
  }
}

INSTANTIATE_TEST_SUITE_P(
    majors, QueueLibrary,
    testing::Values(Library{"bullmq.mjs", "bullmq6", "bullmq"}, Library{"bullmq.mjs", "bullmq5", "bullmq"},
                    Library{"bullmq.mjs", "bullmq5_66", "bullmq"}, Library{"bullmq.mjs", "bullmq4", "bullmq"},
                    Library{"bullmq.mjs", "bullmq1", "bullmq"}, Library{"bull.mjs", "bull4", "bull"},
                    Library{"bull.mjs", "bull3", "bull"}),
    [](const auto& major) { return major.param.name; });

TEST(QueueLibraries, share_a_prefix_and_are_told_apart) {
  RedisServer server;
  produce({"bullmq.mjs", "--library", "bullmq6", "--queue", "new-shop", "--parts", "states"}, server.url());
  produce({"bull.mjs", "--library", "bull4", "--queue", "old-shop", "--parts", "states"}, server.url());
  const auto audit = report_of("audit", server);
  EXPECT_EQ(row(audit["owners"], "owner", "bull:new-shop")["family"], "bullmq");
  EXPECT_EQ(row(audit["owners"], "owner", "bull:old-shop")["family"], "bull");
}

}  // namespace
}  // namespace headroom::test
