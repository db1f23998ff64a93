#include "app/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

namespace headroom::app {
namespace {

class OutputPlace : public testing::Test {
 protected:
  OutputPlace() { std::filesystem::create_directories(folder); }
  ~OutputPlace() override { std::filesystem::remove_all(folder); }
  const std::string folder = "/tmp/headroom-output-" + std::to_string(::getpid());
};

// As root, `--output /dev/null` would replace the device of the whole machine.
TEST_F(OutputPlace, a_pipe_is_written_where_it_is) {
  const auto path = folder + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  auto out = OutputFile::open(path);
  ASSERT_TRUE(out);
  EXPECT_TRUE((*out)->write("whole"));
  EXPECT_TRUE((*out)->finish());
  out->reset();
  std::array<char, 16> got{};
  EXPECT_EQ(::read(reader, got.data(), got.size()), 5);
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  ::close(reader);
}

}  // namespace
}  // namespace headroom::app
