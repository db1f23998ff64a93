#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>

#include "kit/redis_server.h"
#include "rdb_kit.h"
#include "source/rdb/file_input.h"

// RDB files that gzip or zstd packed.
namespace headroom::source::rdb {
namespace {

using testing::HasSubstr;

std::string gzip(const std::string& bytes) {
  auto finished = test::run({"gzip", "-c"}, {}, bytes);
  if (finished.status != 0) throw std::runtime_error("gzip: " + finished.err);
  return std::move(finished.out);
}
std::string zstd(const std::string& bytes) {
  std::string packed(::ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(::ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

class PackedFiles : public testing::TestWithParam<std::string (*)(const std::string&)> {
 protected:
  PackedFiles() {
    if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  }
  ~PackedFiles() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Input> open(const std::string& bytes) {
    std::ofstream(folder_ + "/file", std::ios::binary) << bytes;
    auto input = open_file(folder_ + "/file");
    if (!input) throw std::runtime_error(input.error().what);
    return *std::move(input);
  }
  Decoded decode_packed(const std::string& bytes, Transcript& transcript) {
    const auto input = open(bytes);
    return decode(*read_ahead(*input), transcript);
  }
  Decoded decode_packed(const std::string& bytes) {
    Transcript ignored(Reading::nothing);
    return decode_packed(bytes, ignored);
  }

 private:
  std::string folder_ = std::filesystem::temp_directory_path() / "headroom-packed-XXXXXX";
};

TEST_P(PackedFiles, are_read_as_what_is_in_them) {
  const auto bytes = dump("others");
  Transcript packed, plain;
  const auto decoded = decode_packed(GetParam()(bytes), packed);
  decode_bytes(bytes, plain);
  EXPECT_EQ(decoded.checksum, Checksum::right);
  EXPECT_EQ(packed.lines, plain.lines);
}

TEST_P(PackedFiles, of_several_pieces_are_one) {
  const auto bytes = dump("others");
  const auto whole = GetParam()(bytes.substr(0, 5000)) + GetParam()("") + GetParam()(bytes.substr(5000));
  EXPECT_EQ(decode_packed(whole).checksum, Checksum::right);
}

TEST_P(PackedFiles, F01_that_are_cut_are_the_fault_of_the_packed_file) {
  const auto packed = GetParam()(dump("others"));
  for (std::size_t length = 4; length + 9 < packed.size(); length += 1 + packed.size() / 50) {
    const auto decoded = decode_packed(packed.substr(0, length));
    EXPECT_FALSE(decoded.complete) << "cut at " << length;
    EXPECT_TRUE(decoded.input_failed);
    EXPECT_THAT(decoded.fault, HasSubstr("ends too early"));
  }
}

TEST_P(PackedFiles, F02_that_are_damaged_are_never_read_whole) {
  const auto packed = GetParam()(dump("others"));
  for (std::size_t at = 20; at + 20 < packed.size(); at += 1 + packed.size() / 100) {
    auto damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    EXPECT_FALSE(decode_packed(damaged).complete) << "byte " << at;
  }
}

// Found by reading: after its first error zstd may go on with what comes next.
TEST_P(PackedFiles, F02_an_error_is_the_last_answer) {
  auto packed = GetParam()(dump("demo"));
  for (std::size_t at = packed.size() / 3; at < packed.size() / 2; ++at) packed[at] = '\x55';
  const auto input = open(packed);
  std::vector<char> room(1000);
  auto got = input->read(room);
  while (got && *got > 0) got = input->read(room);
  ASSERT_FALSE(got);
  for (int again = 0; again < 1000; ++again) ASSERT_FALSE(input->read(room)) << again;
}

INSTANTIATE_TEST_SUITE_P(By, PackedFiles, testing::Values(gzip, zstd),
                         [](const auto& way) { return way.index == 0 ? "gzip" : "zstd"; });

}  // namespace
}  // namespace headroom::source::rdb
