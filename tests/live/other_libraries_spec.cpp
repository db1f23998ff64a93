#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/producers.h"
#include "live/audited.h"

// The other libraries that Debian and npm have: RQ, Sidekiq, Laravel, Resque (its node port), django-redis.
namespace headroom::test {
namespace {

struct Library {
  std::string script;
  std::string family;

  friend std::ostream& operator<<(std::ostream& out, const Library& library) { return out << library.script; }
};

class OtherLibrary : public testing::TestWithParam<Library> {
 protected:
  RedisServer server;
};

TEST_P(OtherLibrary, leaves_no_key_that_headroom_cannot_name) {
  produce({GetParam().script}, server.url());
  const auto audit = report_of("audit", server);
  EXPECT_THAT(unclassified(audit, ""), testing::IsEmpty());
  EXPECT_FALSE(row(audit["families"], "family", GetParam().family).is_null()) << audit["families"];
}

TEST_P(OtherLibrary, has_the_job_counts_that_the_library_itself_gives) {
  const auto produced = Json::parse(produce({GetParam().script}, server.url()));
  if (!produced.contains("queues")) return;  // a cache has none
  const auto queues = report_of("queues", server);
  for (const auto& queue : produced["queues"]) {
    const auto shown = row(queues["queues"], "owner", queue["root"].get<std::string>());
    for (const auto& [state, count] : queue["states"].items()) {
      if (shown.is_null() && count == 0) continue;  // an empty list is no key
      ASSERT_FALSE(shown.is_null()) << "queues does not list " << queue["root"];
      EXPECT_EQ(shown["states"].value(state, Json()), count)
          << queue["root"] << ": " << state << " in " << shown["states"];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(real, OtherLibrary,
                         testing::Values(Library{"others_rq.py", "rq"},
                                         Library{"others_sidekiq.rb", "sidekiq"},
                                         Library{"others_laravel.php", "laravel"},
                                         Library{"others_resque.mjs", "resque"},
                                         Library{"others_django_cache.py", "django_cache"}),
                         [](const auto& library) { return library.param.family; });

}  // namespace
}  // namespace headroom::test
