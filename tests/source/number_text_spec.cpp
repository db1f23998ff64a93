#include "source/rdb/number_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dump_kit.h"
#include "packed_kit.h"

namespace headroom::source::rdb {
namespace {

TEST(NumberText, a_canonical_integer_is_what_the_server_keeps_as_a_number) {
  Judge judge;
  for (const auto& text : edge_texts()) {
    judge.ask({"SET", "s", text});
    // A string is an integer for the server exactly when its text says no more than the number.
    const bool is_int = judge.ask({"OBJECT", "ENCODING", "s"}).text == "int";
    const auto number = canonical_integer(text);
    EXPECT_EQ(number.has_value(), is_int) << text.substr(0, 40);
    EXPECT_EQ(number ? std::to_string(*number) : text, text);
  }
}

TEST(NumberText, scores_are_read_as_they_are_written) {
  EXPECT_EQ(score_of_text("0.10000000000000001"), 0.1);
  EXPECT_EQ(score_of_text("1e+20"), 1e20);
  EXPECT_EQ(score_of_text("-17"), -17.0);
  EXPECT_EQ(score_of_text("inf"), INFINITY);
  EXPECT_EQ(score_of_text("-inf"), -INFINITY);
  EXPECT_TRUE(std::signbit(score_of_text("-0").value()));
  EXPECT_TRUE(std::isnan(score_of_text("nan").value()));
  for (const char* text : {"", "-", "1.5x", " 1", "1 ", "1e999", "x", "1,5"})
    EXPECT_EQ(score_of_text(text), std::nullopt);
}

TEST(NumberText, old_zsets_have_three_lengths_without_text) {
  EXPECT_TRUE(std::isnan(old_score(253, "").value()));
  EXPECT_EQ(old_score(254, ""), INFINITY);
  EXPECT_EQ(old_score(255, ""), -INFINITY);
  EXPECT_EQ(old_score(4, "1.25"), 1.25);
  EXPECT_EQ(old_score(2, "1x"), std::nullopt);
}

TEST(NumberText, the_server_reads_old_scores_the_same_way) {
  Judge judge;
  for (const std::string text :
       {"1", "-17", "0.10000000000000001", "1e+300", "-2.5000000000000001e-300", "\xfe", "\xff"}) {
    std::string payload{'\x03', '\x01', '\x01', 'm'};  // a zset of one member "m"
    const bool special = text[0] < 0;
    payload += special ? text : static_cast<char>(text.size()) + text;
    judge.ask({"DEL", "z"});
    ASSERT_EQ(judge.ask({"RESTORE", "z", "0", sealed(payload)}).text, "OK") << text;
    const auto score = special ? old_score(static_cast<std::uint8_t>(text[0]), "")
                               : old_score(static_cast<std::uint8_t>(text.size()), text);
    EXPECT_EQ(score, std::stod(judge.ask({"ZSCORE", "z", "m"}).text)) << text;
  }
}

}  // namespace
}  // namespace headroom::source::rdb
