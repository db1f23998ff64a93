#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kit/producers.h"
#include "kit/redis_server.h"

// `headroom config`: what is in force and what is wrong with it.
namespace headroom::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int usage = 2, refused = 5;

class Config : public testing::Test {
 protected:
  Config() { std::filesystem::create_directories(folder_); }
  ~Config() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& text, const std::string& name = "headroom.toml") const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  /// In a folder of its own, so that no headroom.toml is found by chance.
  Finished config(std::vector<std::string> words, std::vector<std::string> environment = {}) const {
    std::vector<std::string> command{"env", "-C", folder_, HEADROOM_PROGRAM, "config"};
    command.insert(command.end(), words.begin(), words.end());
    return run(command, environment);
  }
  std::string folder_ = "/tmp/headroom-config-" + std::to_string(::getpid());
};

// CFG-1 F45: all faults at once, with their places, and an exit code of their own
TEST_F(Config, check_names_all_faults) {
  const auto path = file("[bull]\norphens = true\nevent_age = 3\n[[family]]\nname = \"x\"\n");
  const auto finished = config({"check", path, "--format", "json"});
  EXPECT_EQ(finished.status, usage);
  const auto read = json::parse(finished.out);
  ASSERT_EQ(read.at("faults").size(), 3U) << finished.out;
  EXPECT_EQ(read.at("faults").at(0).at("where"), path + ":2:1");
  EXPECT_EQ(read.at("faults").at(2).at("where"), path + ":4:1");
  EXPECT_EQ(config({"check", file("[bull]\norphans = true\n")}).status, 0);
}

TEST_F(Config, show_prints_what_is_in_force_and_reads_it_back) {
  const auto shown = config({"show"}, {"REDIS_JOB_TTL=259200"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("failed = { age = \"3d\", count = 1000, bytes = \"off\" }"));
  EXPECT_EQ(config({"show", file(shown.out, "shown.toml")}).out, shown.out);
}

TEST_F(Config, is_found_by_option_then_variable_then_folder) {
  const auto in_force = [&](std::vector<std::string> words, std::vector<std::string> environment) {
    words.insert(words.begin(), {"check", "--format", "json"});
    return json::parse(config(words, environment).out).at("file");
  };
  EXPECT_EQ(in_force({}, {}), nullptr);
  file("");
  EXPECT_EQ(in_force({}, {}), "headroom.toml");
  const auto named = file("", "named.toml"), asked = file("", "asked.toml");
  EXPECT_EQ(in_force({}, {"HEADROOM_POLICY=" + named}), named);
  EXPECT_EQ(in_force({"--policy", asked}, {"HEADROOM_POLICY=" + named}), asked);
}

// CFG-1 F45: missing file, folder, loop of links, rights
TEST_F(Config, refuses_files_that_are_none) {
  for (const auto& path : {folder_ + "/none.toml", folder_, std::string("/dev/zero")}) {
    const auto finished = config({"check", path});
    EXPECT_EQ(finished.status, usage) << path;
    EXPECT_THAT(finished.err, HasSubstr(path));
  }
  std::filesystem::create_symlink(folder_ + "/loop", folder_ + "/loop");
  EXPECT_EQ(config({"check", folder_ + "/loop"}).status, usage);
  EXPECT_EQ(config({"check"}, {"HEADROOM_POLICY=" + folder_ + "/none.toml"}).status, usage);
  const auto path = file("");
  ::chmod(path.c_str(), 0666);
  const auto open_to_all = config({"check", path});
  EXPECT_EQ(open_to_all.status, refused);
  EXPECT_THAT(open_to_all.err, HasSubstr("chmod o-w"));
}

TEST_F(Config, says_what_it_can_do) {
  EXPECT_EQ(config({}).status, usage);
  EXPECT_EQ(config({"chek"}).status, usage);
  EXPECT_EQ(config({"check", "a", "b"}).status, usage);
}

}  // namespace
}  // namespace headroom::test
