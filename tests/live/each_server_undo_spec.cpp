#include <gtest/gtest.h>

#include <algorithm>

#include "kit/server_builds.h"
#include "live/exact_kit.h"
#include "live/exact_shapes.h"

// Clean, apply and undo on real servers of several versions: DEBUG DIGEST, deadlines (of fields too) and
// encodings are as before. Every break point is tried on the installed one: undo_exact_spec.cpp.
namespace headroom::test {
namespace {

using Cut = CuttingProxy::Cut;

class UndoOnEachServer : public EachServer {
 protected:
  /// The whole run, then runs that break at `points` points each way, which are undone at once or gone on
  /// with.
  static void expect_exact(ExactKit& kit, std::uint64_t points) {
    kit.proxy->arm(Cut::none, 0);
    const auto whole = kit.execute(true);
    EXPECT_TRUE(whole.complete) << whole.stopped_by;
    EXPECT_EQ(whole.removed + whole.gone, whole.planned) << testing::PrintToString(whole.notes);
    EXPECT_NE(kit.difference(), "");
    const auto length = kit.proxy->requests();
    for (std::uint64_t n = 0; n <= length; n += std::max<std::uint64_t>(1, length / points)) {
      for (const auto cut : {Cut::request_lost, Cut::reply_lost})
        for (const bool goes_on : {true, false}) {
          kit.expect_back_after(n == 0 ? Cut::none : cut, n, goes_on);
          if (HasFatalFailure()) return;
        }
    }
  }
};

// UNDO-1 APPLY-6: every type and encoding, hashes whose fields have TTLs included
TEST_P(UndoOnEachServer, every_type_comes_back) {
  ExactKit kit(GetParam().program);
  make_every_shape(kit);
  kit.keep();
  ASSERT_EQ(kit.plan(rule_of_every_kind()), steps_of_every_kind(kit));
  expect_exact(kit, 12);
}

// UNDO-1 UNDO-3: a queue of the real BullMQ
TEST_P(UndoOnEachServer, a_queue_comes_back) {
  ExactKit kit(GetParam().program);
  make_bull(kit);
  kit.keep();
  ASSERT_GT(kit.plan(boldest, {"--preset", "bull"}), 50U);
  expect_exact(kit, 8);
}

// UNDO-1: the commands as people give them, from the policy to undo
TEST_P(UndoOnEachServer, clean_and_undo_leave_everything_as_it_was) {
  ExactKit kit(GetParam().program);
  make_every_shape(kit), make_bull(kit);
  kit.keep();
  kit.plan(rule_of_every_kind() + boldest, {"--preset", "bull"});
  const auto applied = kit.program({"apply", kit.file(), kit.server.url(), "--fast"});
  EXPECT_EQ(applied.status, 0) << applied.out << applied.err;
  EXPECT_NE(kit.difference(), "");
  const auto undone = kit.program({"undo", kit.run(), kit.server.url(), "--fast"});
  EXPECT_EQ(undone.status, 0) << undone.out << undone.err;
  EXPECT_EQ(kit.difference(), "");
}

INSTANTIATE_TEST_SUITE_P(Servers, UndoOnEachServer, testing::ValuesIn(server_builds()), build_name);

}  // namespace
}  // namespace headroom::test
