#include "act/state_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "folder_kit.h"

namespace headroom::act {
namespace {

using testing::HasSubstr;

StateFolder::Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

StateFolder open_at(const std::string& path) {
  auto folder = StateFolder::open(path, environment({}));
  if (!folder) throw std::runtime_error(folder.error().what);
  return *std::move(folder);
}

TEST(StateFolder, is_found_in_the_order_that_the_manual_says) {
  TestFolder root;
  std::map<std::string, std::string> all{
      {"HEADROOM_STATE_DIR", root / "own"}, {"XDG_STATE_HOME", root / "xdg"}, {"HOME", root / "home"}};
  const auto path = [&](const std::string& asked) {
    auto folder = StateFolder::open(asked, environment(all));
    return folder ? folder->path() : folder.error().what;
  };
  EXPECT_EQ(path(root / "asked/"), root / "asked");
  EXPECT_EQ(path(""), root / "own");
  all["HEADROOM_STATE_DIR"] = "";
  EXPECT_EQ(path(""), root / "xdg/headroom");
  all["XDG_STATE_HOME"] = "relative";
  EXPECT_EQ(path(""), root / "home/.local/state/headroom");
  EXPECT_EQ(mode_of(root / "home/.local/state/headroom"), 0700U);
  EXPECT_EQ(mode_of(root / "home/.local/state/headroom/runs"), 0700U);
}

// SEC-2: who can read the secret can make plans.
TEST(StateFolder, makes_its_secret_once_and_for_its_owner_only) {
  TestFolder root;
  const auto folder = open_at(root / "state");
  const auto secret = folder.secret();
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->size(), 32U);
  EXPECT_GT(std::set<char>(secret->begin(), secret->end()).size(), 10U);
  EXPECT_EQ(*open_at(root / "state").secret(), *secret);
  EXPECT_NE(*open_at(root / "other").secret(), *secret);
  EXPECT_EQ(mode_of(root / "state/key"), 0600U);
  EXPECT_EQ(file_text(root / "state/key"), *secret);
}

TEST(StateFolder, two_that_make_the_secret_at_once_get_the_same) {
  for (int round = 0; round < 20; ++round) {
    TestFolder root;
    std::string secrets[4];
    std::vector<std::thread> threads;
    for (auto& secret : secrets)
      threads.emplace_back([&secret, folder = open_at(root / "state")] {
        // Processes of their own in life; here threads share the name of the half-made file, and one may
        // lose.
        for (int tries = 0; secret.empty() && tries < 100; ++tries) secret = folder.secret().value_or("");
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(secrets[0].size(), 32U);
    EXPECT_THAT(secrets, testing::Each(secrets[0]));
  }
}

// SEC-2
TEST(StateFolder, refuses_a_folder_or_secret_that_others_may_read) {
  TestFolder root;
  ASSERT_TRUE(open_at(root / "state").secret());
  for (const unsigned mode : {0640U, 0604U, 0660U, 0666U}) {
    ::chmod((root / "state/key").c_str(), mode);
    const auto secret = open_at(root / "state").secret();
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().exit, Exit::refused);
    EXPECT_THAT(secret.error().what, HasSubstr("others may read or change this"));
    EXPECT_EQ(secret.error().remedy, "chmod 600 " + (root / "state/key"));
  }
  for (const unsigned mode : {0750U, 0705U, 0777U}) {
    ::chmod((root / "state").c_str(), mode);
    const auto folder = StateFolder::open(root / "state", environment({}));
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().exit, Exit::refused);
    EXPECT_EQ(folder.error().remedy, "chmod 700 " + (root / "state"));
  }
}

// SEC-2
TEST(StateFolder, refuses_links_and_what_belongs_to_somebody_else) {
  TestFolder root;
  const auto state = open_at(root / "state");
  std::filesystem::create_symlink(root / "state", root / "link");
  const auto linked = StateFolder::open(root / "link", environment({}));
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().exit, Exit::refused);

  write_file(root / "elsewhere", std::string(32, 'x'));
  std::filesystem::create_symlink(root / "elsewhere", root / "state/key");
  const auto secret = state.secret();
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().what, HasSubstr("symbolic link"));

  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((root / "state").c_str(), 12345, 12345), 0);
    const auto foreign = StateFolder::open(root / "state", environment({}));
    ASSERT_FALSE(foreign);
    EXPECT_THAT(foreign.error().what, HasSubstr("another user (uid 12345)"));
  }
}

TEST(StateFolder, refuses_a_secret_that_was_cut) {
  TestFolder root;
  const auto state = open_at(root / "state");
  for (const std::size_t size : {0U, 31U, 33U}) {
    write_file(root / "state/key", std::string(size, 'x'));
    const auto secret = state.secret();
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().exit, Exit::refused);
  }
}

}  // namespace
}  // namespace headroom::act
