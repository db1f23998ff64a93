#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "rdb_writer.h"
#include "source/rdb/file_input.h"

// RDB-1 and F01-F07 of safety.md: files that are cut, damaged, hostile, or that change while they are read.
namespace headroom::source::rdb {
namespace {

using testing::HasSubstr;

const std::vector<std::string> dumps{"bull4_all_states", "bullmq5_all_states", "bullmq6_all_states",
                                     "celery_mixed",     "hostile_names",      "others"};

/// A file of every kind of value, some hundred bytes.
std::string small_file() {
  RdbWriter file("REDIS0012");
  file.byte(250)
      .text("redis-ver")
      .text("7.4.0")
      .byte(245)
      .text("#!lua name=l")
      .db(0)
      .byte(251)
      .length(9)
      .length(1);
  file.byte(252).number(1'900'000'000'000, 8).key(0, "string").text("text").byte(248).length(70);
  file.key(1, "list").length(2).text("a").raw("\xc0\x05").key(2, "set").length(1).text("m");
  file.key(5, "zset")
      .length(1)
      .text("m")
      .raw(std::string(8, '\0'))
      .key(4, "hash")
      .length(1)
      .text("f")
      .text("v");
  file.key(16, "packed").text(listpack_of({"f", "v"})).key(17, "scores").text(listpack_of({"m", "5"}));
  file.key(18, "quick").length(2).length(1).text("plain").length(2).text(listpack_of({"a", "b"}));
  file.key(11, "ints").text(little(2, 4) + little(1, 4) + little(7, 2));
  file.key(24, "ttls").number(1, 8).length(1).length(5).text("f").text("v");
  file.key(7, "module").length(77).length(5).text("x").length(0);
  file.key(0, "lzf").raw("\xc3\x06\x20\x01").raw(std::string("aa\xe0\x15\x00", 5));
  return file.sealed();
}

std::vector<std::string> names_in_order(const std::string& bytes, Reading wanted = Reading::nothing) {
  struct Names final : Events {
    Reading wanted_;
    std::vector<std::string> names{};
    explicit Names(Reading wanted) : wanted_(wanted) {}
    Reading key(const StoredKey&) override { return wanted_; }
    void ends(const StoredKey& key, const ValueSize&) override { names.emplace_back(key.key); }
  } names(wanted);
  decode_bytes(bytes, names, bytes.size() + 1);
  return names.names;
}

/// Where each key of a file begins.
std::vector<std::size_t> beginnings(const std::string& bytes) {
  struct Places final : Events {
    std::vector<std::size_t> places{};
    Reading key(const StoredKey& key) override { return places.push_back(key.offset), Reading::nothing; }
    void ends(const StoredKey&, const ValueSize&) override {}
  } places;
  decode_bytes(bytes, places, bytes.size() + 1);
  return places.places;
}

void expect_truth_of_a_cut(const std::string& whole, std::size_t length,
                           const std::vector<std::string>& names) {
  for (const auto wanted : {Reading::elements, Reading::nothing}) {
    Values values(wanted);
    const auto decoded = decode_bytes(whole.substr(0, length), values, 64);
    ASSERT_FALSE(decoded.complete) << "cut at " << length;
    ASSERT_FALSE(decoded.fault.empty());
    ASSERT_LE(decoded.offset, length);
    ASSERT_EQ(decoded.bytes, length);
    ASSERT_LE(decoded.keys, names.size());
    ASSERT_EQ(decoded.last_key, decoded.keys == 0 ? "" : names[decoded.keys - 1]) << "cut at " << length;
  }
}

TEST(RdbDamage, F01_RDB1_a_small_file_cut_at_every_byte_tells_its_whole_keys_and_where_it_ends) {
  const auto whole = small_file();
  const auto names = names_in_order(whole);
  ASSERT_EQ(names.size(), 12U);
  ASSERT_EQ(names_in_order(whole, Reading::elements), names);
  for (std::size_t length = 0; length < whole.size(); ++length) expect_truth_of_a_cut(whole, length, names);
}

TEST(RdbDamage, F01_real_dumps_cut_before_and_behind_each_key_tell_the_keys_before) {
  for (const auto& name : dumps) {
    const auto whole = dump(name);
    const auto names = names_in_order(whole);
    const auto places = beginnings(whole);
    ASSERT_EQ(places.size(), names.size());
    for (std::size_t i = 0; i < places.size(); i += 1 + places.size() / 100) {
      for (const int beside : {-1, 0, 1, 2}) {
        const auto length = places[i] + static_cast<std::size_t>(beside);
        Values values(Reading::nothing);
        const auto decoded = decode_bytes(whole.substr(0, length), values);
        ASSERT_FALSE(decoded.complete);
        ASSERT_EQ(decoded.keys, beside < 0 && i > 0 ? i - 1 : i) << name << " cut at " << length;
        ASSERT_LE(decoded.offset, length);
      }
    }
  }
}

/// Puts the right checksum behind what may be wrong.
std::string resealed(std::string bytes) {
  bytes.resize(bytes.size() - 8);
  const auto crc = crc64(0, bytes);
  return bytes + little(crc, 8);
}

TEST(RdbDamage, F02_every_bit_of_a_small_file_is_found_by_the_checksum_or_before_it) {
  const auto whole = small_file();
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    auto flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    Values values;
    const auto decoded = decode_bytes(flipped, values);
    // A version below 5 has no checksum: there it is what the file says of itself that is missed.
    const bool is_version_digit = bit / 8 == 7 || bit / 8 == 8;
    EXPECT_FALSE(decoded.complete && !(is_version_digit && decoded.version < 5)) << "bit " << bit;
    EXPECT_LE(decoded.offset, whole.size());
  }
}

TEST(RdbDamage, F02_with_the_checksum_put_right_or_left_out_nonsense_ends_inside_the_file) {
  const auto whole = small_file();
  for (std::size_t bit = 0; bit < 8 * (whole.size() - 9); ++bit) {
    auto flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    auto without = flipped;
    without.replace(without.size() - 8, 8, 8, '\0');
    for (const auto& bytes : {resealed(flipped), without}) {
      Values values;
      const auto decoded = decode_bytes(bytes, values);
      ASSERT_LE(decoded.offset, whole.size());
      ASSERT_NE(decoded.complete, !decoded.fault.empty());
    }
  }
}

TEST(RdbDamage, F02_the_checksum_is_right_wrong_absent_or_not_there_and_says_so) {
  const auto whole = small_file();
  const auto judge = [](const std::string& bytes) {
    Values values;
    return decode_bytes(bytes, values);
  };
  EXPECT_EQ(judge(whole).checksum, Checksum::right);
  auto zero = whole, wrong = whole;
  zero.replace(zero.size() - 8, 8, 8, '\0');
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  EXPECT_EQ(judge(zero).checksum, Checksum::absent);
  EXPECT_TRUE(judge(zero).complete);
  EXPECT_EQ(judge(wrong).checksum, Checksum::wrong);
  EXPECT_EQ(judge(wrong).offset, whole.size() - 8);
  EXPECT_EQ(judge(wrong).last_key, "lzf");
  EXPECT_EQ(judge(whole.substr(0, whole.size() - 8)).checksum, Checksum::unread);
  EXPECT_EQ(judge(whole + "*1\r\n$4\r\nPING\r\n").checksum, Checksum::right);
}

/// Peak of this process's memory, kB.
std::size_t peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") return status >> word, std::stoul(word);
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Decodes in every way; fails when it takes more than `limit_mib` of memory on top of what is there.
std::string fault_within(std::size_t limit_mib, const std::string& bytes,
                         Reading wanted = Reading::elements) {
  forget_peak();
  const auto before = peak_kib();
  Values values(wanted);
  const auto decoded = decode_bytes(bytes, values);
  EXPECT_LT(peak_kib(), before + limit_mib * 1024);
  EXPECT_LE(decoded.offset, bytes.size());
  return decoded.fault;
}

TEST(RdbDamage, F03_a_bomb_is_refused_before_its_length_is_allocated) {
  for (const std::uint64_t claimed : {std::uint64_t{1} << 32, std::uint64_t{1} << 62, UINT64_MAX}) {
    RdbWriter file("REDIS0012");
    file.db(0).key(0, "bomb").byte(0xc3).length(1000).length(claimed).raw(std::string(1000, '\0'));
    for (const auto wanted : {Reading::elements, Reading::nothing})
      EXPECT_THAT(fault_within(16, file.sealed(), wanted), HasSubstr("longer than it can be"));
  }
  // 12 MiB that could unpack to 1 GiB, and do not.
  RdbWriter file("REDIS0012");
  file.db(0).key(0, "bomb").byte(0xc3).length(12 << 20).length(1000 << 20);
  const auto bytes = file.raw(std::string(12 << 20, '\0')).sealed();
  EXPECT_THAT(fault_within(64, bytes), HasSubstr("damaged"));
  EXPECT_EQ(fault_within(64, bytes, Reading::nothing), "");
}

TEST(RdbDamage, F03_a_length_that_does_not_fit_and_a_reference_before_the_start_are_damage_at_their_offset) {
  for (const auto& [claimed, packed] :
       std::vector<std::pair<std::size_t, std::string>>{{4, std::string("\x02"
                                                                        "abc",
                                                                        4)},
                                                        {2, std::string("\x02"
                                                                        "abc",
                                                                        4)},
                                                        {5, std::string("\x00"
                                                                        "a\x20\x01",
                                                                        4)}}) {
    RdbWriter file("REDIS0012");
    file.db(0).key(0, "k").byte(0xc3).length(packed.size()).length(claimed);
    const auto at = file.size();
    Values values;
    const auto decoded = decode_both_ways(file.raw(packed).sealed(), values);
    EXPECT_THAT(decoded.fault, HasSubstr("damaged"));
    EXPECT_EQ(decoded.offset, at);
  }
}

TEST(RdbDamage, F04_lengths_of_2_to_the_63_take_no_memory_and_no_time) {
  const std::uint64_t huge = std::uint64_t{1} << 63;
  for (unsigned type = 0; type <= 32; ++type) {
    RdbWriter file("REDIS0015"), second("REDIS0015");
    const auto bytes = file.db(0).key(type, "k").length(huge).text("a").text("b").sealed();
    const auto inner = second.db(0).key(type, "k").length(1).length(huge).length(huge).text("b").sealed();
    for (const auto wanted : {Reading::elements, Reading::names, Reading::nothing}) {
      EXPECT_NE(fault_within(16, bytes, wanted), "") << type;
      EXPECT_NE(fault_within(16, inner, wanted), "") << type;
    }
  }
  for (const unsigned opcode : {242U, 243U, 245U, 247U, 250U}) {
    RdbWriter file("REDIS0015");
    EXPECT_NE(fault_within(16, file.byte(opcode).length(huge).length(huge).text("x").sealed()), "") << opcode;
  }
  RdbWriter name("REDIS0012");
  EXPECT_NE(fault_within(16, name.db(0).byte(0).length(huge).text("x").sealed()), "");
  RdbWriter database("REDIS0012");
  EXPECT_THAT(fault_within(16, database.db(huge).sealed()), HasSubstr("databases"));
}

// Found by reading: the header of such a blob does not fit, so its items were counted one by one, in room for
// the length that the file declares: std::length_error, and the program was gone.
TEST(RdbDamage, F03_F04_a_packed_blob_that_claims_2_to_the_62_bytes_ends_the_reading) {
  for (const unsigned type : {9U, 10U, 11U, 12U, 13U, 16U, 17U, 20U, 30U}) {
    RdbWriter file("REDIS0015");
    file.db(0).key(type, "k").byte(0xc3).length(std::uint64_t{1} << 60).length(std::uint64_t{1} << 62);
    const auto bytes =
        file.raw(std::string("\x1f") + std::string(32, '\xfe') + std::string(64, '\x1f')).sealed();
    for (const auto wanted : {Reading::elements, Reading::names, Reading::nothing})
      EXPECT_NE(fault_within(16, bytes, wanted), "") << type;
  }
}

// Found by reading: room for as many names as the node has bytes was made at once, 32 bytes for each.
TEST(RdbDamage, F04_a_stream_node_that_claims_many_fields_takes_no_room_for_them) {
  std::string body{"\x01\x01\x00\x01", 4};
  body += std::string("\xf3") + little(15'000'000, 4) + '\x05';
  body += std::string("\xf0") + little(16'000'000, 4) + std::string(16'000'000, 'x');
  RdbWriter file("REDIS0011");
  file.db(0)
      .key(21, "k")
      .length(1)
      .text(std::string(16, '\0'))
      .text(little(body.size() + 7, 4) + little(9, 2) + body + '\xff');
  EXPECT_THAT(fault_within(128, file.sealed()), HasSubstr("a stream node is damaged"));
}

TEST(RdbDamage, F04_containers_without_elements_are_read_on) {
  RdbWriter file("REDIS0012");
  file.db(0);
  for (const unsigned type : {1U, 2U, 3U, 4U, 5U, 14U, 18U})
    file.key(type, fmt::format("t{}", type)).length(0);
  file.key(16, "lp")
      .text(listpack_of({}))
      .key(10, "zl")
      .text(little(11, 4) + little(10, 4) + little(0, 2) + '\xff');
  file.key(11, "is").text(little(2, 4) + little(0, 4)).key(9, "zm").text(std::string("\0\xff", 2));
  Values values;
  const auto decoded = decode_both_ways(file.sealed(), values);
  EXPECT_TRUE(decoded.complete) << decoded.fault << " at " << decoded.offset;
  EXPECT_EQ(decoded.keys, 11U);
  for (const auto& [name, size] : values.sizes) EXPECT_EQ(size.elements, 0U) << name;
}

TEST(RdbDamage, F04_a_count_of_65535_is_unknown_and_the_items_are_counted) {
  std::string body;
  for (int i = 0; i < 70'000; ++i) body.append({static_cast<char>(i % 128), 1});
  const auto blob = little(body.size() + 7, 4) + little(65535, 2) + body + '\xff';
  for (const auto wanted : {Reading::elements, Reading::nothing}) {
    RdbWriter file("REDIS0012");
    file.db(0).key(16, "hash").text(blob).key(18, "list").length(1).length(2).text(blob);
    Values values(wanted);
    const auto decoded = decode_bytes(file.sealed(), values, 1000);
    EXPECT_TRUE(decoded.complete) << decoded.fault;
    EXPECT_EQ(values.sizes.at("hash").elements, 35'000U);
    EXPECT_EQ(values.sizes.at("list").elements, 70'000U);
  }
}

TEST(RdbDamage, F04_a_field_without_its_value_is_damage_whoever_reads) {
  for (const auto wanted : {Reading::elements, Reading::names, Reading::nothing}) {
    RdbWriter file("REDIS0012");
    EXPECT_NE(fault_within(16, file.db(0).key(16, "k").text(listpack_of({"a", "b", "c"})).sealed(), wanted),
              "");
  }
}

// ---- F06: files

struct Folder {
  std::string path = std::filesystem::temp_directory_path() / "headroom-damage-XXXXXX";
  Folder() {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path + "/" + name, std::ios::binary) << bytes;
    return path + "/" + name;
  }
};

Decoded decode_file(const std::string& path) {
  auto input = open_file(path);
  if (!input) return Decoded{.fault = input.error().what, .input_failed = true};
  Values values(Reading::nothing);
  const auto chunks = read_ahead(**input);
  return decode(*chunks, values);
}

TEST(RdbFiles, F06_what_is_no_file_of_redis_ends_at_once_and_says_why) {
  const Folder folder;
  const auto sparse = folder.write("sparse", "");
  ASSERT_EQ(::truncate(sparse.c_str(), 100'000'000'000), 0);
  EXPECT_THAT(decode_file(sparse).fault, HasSubstr("no RDB file"));
  EXPECT_THAT(decode_file("/dev/zero").fault, HasSubstr("no RDB file"));
  EXPECT_THAT(decode_file("/dev/null").fault, HasSubstr("the file is empty"));
  EXPECT_THAT(decode_file(folder.write("empty", "")).fault, HasSubstr("the file is empty"));
  EXPECT_THAT(decode_file(folder.path).fault, HasSubstr("directory"));
  EXPECT_THAT(decode_file(folder.path + "/nothing").fault, HasSubstr("No such file"));
}

TEST(RdbFiles, F06_links_and_pipes_are_read_as_files_are) {
  const Folder folder;
  const auto bytes = small_file();
  std::filesystem::create_symlink(folder.write("file", bytes), folder.path + "/link");
  EXPECT_EQ(decode_file(folder.path + "/link").checksum, Checksum::right);
  const auto pipe = folder.path + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] {
    std::ofstream out(pipe, std::ios::binary);
    for (const char c : bytes) out << c << std::flush;
  });
  EXPECT_EQ(decode_file(pipe).checksum, Checksum::right);
  writer.join();
}

TEST(RdbFiles, F06_a_damaged_pipe_whose_writer_waits_does_not_hold_us) {
  const Folder folder;
  const auto pipe = folder.path + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int writer = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);  // stays open: the pipe never ends
  // More than one piece, so that the damage is seen while the reader waits for the next.
  auto bytes = RdbWriter("REDIS0012").db(0).byte(200).raw(std::string(700'000, 'x')).sealed();
  std::thread feeder([&] {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto wrote = ::write(writer, bytes.data() + sent, bytes.size() - sent);
      if (wrote <= 0) return;
      sent += static_cast<std::size_t>(wrote);
    }
  });
  EXPECT_THAT(decode_file(pipe).fault, HasSubstr("unknown type 200"));
  // What was not read must not keep the feeder.
  ::fcntl(writer, F_SETFL, O_NONBLOCK);
  std::array<char, 65536> rest;
  while (::read(writer, rest.data(), rest.size()) > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  feeder.join();
  ::close(writer);
}

TEST(RdbFiles, F06_a_file_that_shrinks_grows_or_is_written_over_is_known_to_have_changed) {
  const Folder folder;
  const auto bytes = small_file();
  for (const int way : {0, 1, 2, 3}) {
    const auto path = folder.write(std::to_string(way), bytes);
    auto input = *open_file(path);
    EXPECT_FALSE(input->changed());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the clock of file times is coarse
    if (way == 0) std::filesystem::resize_file(path, bytes.size() / 2);
    if (way == 1) std::ofstream(path, std::ios::app) << "more";
    if (way == 2) std::ofstream(path, std::ios::in | std::ios::binary) << "REDIS0011";
    if (way == 3) std::filesystem::rename(folder.write("new", "another"), path);  // ours is still the old one
    EXPECT_EQ(input->changed(), way != 3);
    Values values;
    const auto chunks = read_ahead(*input);
    const auto decoded = decode(*chunks, values);
    EXPECT_EQ(decoded.complete, way == 1 || way == 3) << way;  // its checksum proves what was read
    if (way == 0) {
      EXPECT_TRUE(decoded.input_failed);
      EXPECT_THAT(decoded.fault, HasSubstr("changed while it was read"));
    }
  }
}

// ---- F07

TEST(RdbDamage, F07_100000_mutations_of_real_dumps_end_soon_and_take_little_memory) {
  std::mt19937_64 random(20261127);
  std::vector<std::string> seeds{small_file()};
  for (const auto& name : dumps) seeds.push_back(dump(name).substr(0, 6'000));
  forget_peak();
  const auto before = peak_kib();
  std::chrono::steady_clock::duration longest{};
  std::size_t broken = 0;
  for (int round = 0; round < 100'000; ++round) {
    auto bytes = seeds[random() % seeds.size()];
    for (auto times = 1 + random() % 4; times > 0; --times) {
      const auto at = 9 + random() % (bytes.size() - 9);
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 1:
          bytes[at] = static_cast<char>(random());
          break;
        case 2:
          bytes.erase(at, 1 + random() % 8);
          break;
        default:
          bytes.insert(at, 1 + random() % 8, static_cast<char>(random()));
      }
      if (bytes.size() < 32) break;
    }
    const std::array ways{Reading::elements, Reading::names, Reading::nothing};
    Values values(ways[random() % 3]);
    const auto began = std::chrono::steady_clock::now();
    const auto decoded = decode_bytes(bytes, values, 1 + random() % 5000);
    longest = std::max(longest, std::chrono::steady_clock::now() - began);
    ASSERT_LE(decoded.offset, bytes.size());
    broken += !decoded.complete;
  }
  EXPECT_GT(broken, 90'000U);
  EXPECT_LT(peak_kib(), before + 64 * 1024);
  RecordProperty("longest_us", std::to_string(longest / std::chrono::microseconds(1)));
}

}  // namespace
}  // namespace headroom::source::rdb
