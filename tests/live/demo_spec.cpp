#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "kit/producers.h"
#include "kit/redis_server.h"

namespace headroom::test {
namespace {

using testing::HasSubstr;

std::size_t demo_folders() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path()))
    if (entry.path().filename().string().starts_with("headroom-demo-")) ++count;
  return count;
}

TEST(Demo, audits_what_the_real_libraries_left_and_leaves_nothing_behind) {
  const auto before = demo_folders();
  const auto finished = headroom({"demo"});
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("bull:email"));
  EXPECT_THAT(finished.out, HasSubstr("celery"));
  EXPECT_EQ(demo_folders(), before);
}

TEST(Demo, keeps_its_server_when_asked_and_prints_the_address) {
  const auto finished = headroom({"demo", "--keep"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const auto start = finished.out.find("unix://");
  ASSERT_NE(start, std::string::npos) << finished.out;
  const auto url = finished.out.substr(start, finished.out.find_first_of(" \n", start) - start);
  const auto audit = headroom({"audit", url, "--format", "json"});
  EXPECT_EQ(audit.status, 0) << audit.err;
  const auto pid_at = finished.out.find("kill ");
  ASSERT_NE(pid_at, std::string::npos) << "how to end it is not said";
  const auto pid = std::stoi(finished.out.substr(pid_at + 5));
  EXPECT_EQ(::kill(pid, SIGTERM), 0);
  for (int tries = 0; tries < 500 && ::kill(pid, 0) == 0; ++tries)  // it still writes into its folder
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::filesystem::remove_all(std::filesystem::path(url.substr(7)).parent_path());
}

}  // namespace
}  // namespace headroom::test
