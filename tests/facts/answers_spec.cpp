#include "facts/answers.h"

#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "wire/connection.h"
#include "wire/read_only_link.h"

namespace headroom::facts {
namespace {

using test::redis_cli;
using test::RedisServer;
using testing::HasSubstr;

std::unique_ptr<wire::Connection> connect(const RedisServer& server) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  auto opened = wire::Connection::open(endpoint, "test");
  if (!opened) throw std::runtime_error(opened.error().what);
  return *std::move(opened);
}

std::vector<Answer> answers(const RedisServer& server, const std::vector<Question>& questions) {
  const auto link = connect(server);
  wire::ReadOnlyLink door(*link);
  return ask(door, questions);
}

Answer answer(const RedisServer& server, Question question) {
  return answers(server, {std::move(question)}).at(0);
}

TEST(Answers, the_length_of_a_key_of_every_type) {
  const RedisServer server;
  redis_cli(server, {"SET", "string", "hello"});
  redis_cli(server, {"RPUSH", "list", "a", "b"});
  redis_cli(server, {"SADD", "set", "a", "b", "c"});
  redis_cli(server, {"ZADD", "zset", "1", "a"});
  redis_cli(server, {"HSET", "hash", "f", "v", "g", "w"});
  redis_cli(server, {"XADD", "stream", "*", "f", "v"});
  const auto found =
      answers(server, {{"string"}, {"list"}, {"set"}, {"zset"}, {"hash"}, {"stream"}, {"nothing"}});
  const std::vector<double> expected{5, 2, 3, 1, 2, 1, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].number, expected[i]) << i;
    EXPECT_EQ(found[i].error, "");
  }
}

TEST(Answers, fields_of_a_hash_in_order_with_gaps) {
  const RedisServer server;
  redis_cli(server, {"HSET", "h", "a", "1", "c", "line\nbreak"});
  const auto found = answer(server, {"h", 0, Ask::fields, {"c", "b", "a"}});
  ASSERT_EQ(found.texts.size(), 3);
  EXPECT_EQ(found.texts[0], "line\nbreak");
  EXPECT_FALSE(found.texts[1]);
  EXPECT_EQ(found.texts[2], "1");
}

TEST(Answers, a_string_unless_it_is_huge) {
  const RedisServer server;
  redis_cli(server, {"SET", "s", "value"});
  redis_cli(server, {"SETRANGE", "huge", "2000000", "x"});
  redis_cli(server, {"RPUSH", "list", "x"});
  const auto found = answers(server, {{"s", 0, Ask::string_value},
                                      {"huge", 0, Ask::string_value},
                                      {"none", 0, Ask::string_value},
                                      {"list", 0, Ask::string_value}});
  EXPECT_EQ(found[0].texts.at(0), "value");
  EXPECT_TRUE(found[1].texts.empty());
  EXPECT_THAT(found[1].error, HasSubstr("2000001 bytes"));
  EXPECT_FALSE(found[2].texts.at(0));
  EXPECT_EQ(found[2].error, "");
  EXPECT_THAT(found[3].error, HasSubstr("WRONGTYPE"));
}

TEST(Answers, members_up_to_a_thousand) {
  const RedisServer server;
  redis_cli(server, {"SADD", "small", "a", "b"});
  redis_cli(server, {"EVAL", "for i = 1, 1000 do redis.call('SADD', 'full', i) end", "0"});
  redis_cli(server, {"EVAL", "for i = 1, 5000 do redis.call('SADD', 'large', i) end", "0"});
  const auto found = answers(server, {{"small", 0, Ask::members},
                                      {"full", 0, Ask::members},
                                      {"large", 0, Ask::members},
                                      {"none", 0, Ask::members}});
  EXPECT_THAT(found[0].texts, testing::UnorderedElementsAre("a", "b"));
  EXPECT_EQ(found[1].texts.size(), 1000);
  EXPECT_EQ(found[2].texts.size(), 1000);
  EXPECT_EQ(std::set(found[2].texts.begin(), found[2].texts.end()).size(), 1000) << "each once";
  EXPECT_TRUE(found[3].texts.empty());
  EXPECT_EQ(found[3].error, "");
}

TEST(Answers, the_lowest_and_the_highest_score) {
  const RedisServer server;
  redis_cli(server, {"ZADD", "z", "-1.5", "a", "1700000000000", "b", "3", "c"});
  const auto found =
      answers(server, {{"z", 0, Ask::first_score}, {"z", 0, Ask::last_score}, {"none", 0, Ask::last_score}});
  EXPECT_EQ(found[0].number, -1.5);
  EXPECT_EQ(found[1].number, 1700000000000.0);
  EXPECT_FALSE(found[2].number);
  EXPECT_EQ(found[2].error, "");
}

TEST(Answers, the_last_id_of_a_stream_even_when_its_entry_is_gone) {
  const RedisServer server;
  redis_cli(server, {"XADD", "s", "1700000000000-5", "f", "v"});
  redis_cli(server, {"XTRIM", "s", "MAXLEN", "0"});
  const auto found = answers(server, {{"s", 0, Ask::last_stream_id}, {"none", 0, Ask::last_stream_id}});
  EXPECT_EQ(found[0].texts.at(0), "1700000000000-5");
  EXPECT_FALSE(found[1].texts.at(0));
  EXPECT_EQ(found[1].error, "");
}

TEST(Answers, ttl_existence_and_size) {
  const RedisServer server;
  redis_cli(server, {"SET", "s", "v", "PX", "500000"});
  redis_cli(server, {"SET", "forever", "v"});
  const auto found = answers(server, {{"s", 0, Ask::ttl},
                                      {"forever", 0, Ask::ttl},
                                      {"none", 0, Ask::ttl},
                                      {"s", 0, Ask::exists},
                                      {"none", 0, Ask::exists},
                                      {"s", 0, Ask::bytes},
                                      {"none", 0, Ask::bytes}});
  EXPECT_GT(found[0].number, 400000);
  EXPECT_LE(found[0].number, 500000);
  EXPECT_FALSE(found[1].number);
  EXPECT_FALSE(found[2].number);
  EXPECT_EQ(found[3].number, 1);
  EXPECT_EQ(found[4].number, 0);
  EXPECT_EQ(found[5].number, std::stod(redis_cli(server, {"MEMORY", "USAGE", "s", "SAMPLES", "0"})));
  EXPECT_FALSE(found[6].number);
}

TEST(Answers, each_in_its_place_whatever_database_it_is_in) {
  const RedisServer server;
  for (const int db : {0, 3, 7}) redis_cli(server, {"SET", "k", "db" + std::to_string(db)}, db);
  const auto found = answers(server, {{"k", 7, Ask::string_value},
                                      {"k", 0, Ask::string_value},
                                      {"k", 99, Ask::string_value},
                                      {"k", 3, Ask::string_value},
                                      {"k", 7, Ask::exists}});
  EXPECT_EQ(found[0].texts.at(0), "db7");
  EXPECT_EQ(found[1].texts.at(0), "db0");
  EXPECT_THAT(found[2].error, HasSubstr("out of range"));
  EXPECT_EQ(found[3].texts.at(0), "db3");
  EXPECT_EQ(found[4].number, 1);
}

TEST(Answers, many_questions_at_once) {
  const RedisServer server;
  test::fill(server, "k", 1000);
  std::vector<Question> questions;
  for (int i = 1; i <= 1000; ++i) questions.push_back({"k:" + std::to_string(i), 0, Ask::string_value});
  const auto found = answers(server, questions);
  ASSERT_EQ(found.size(), 1000);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].texts.at(0), std::to_string(i + 1));
}

TEST(Answers, no_questions_no_answers) {
  const RedisServer server;
  EXPECT_TRUE(answers(server, {}).empty());
}

TEST(Answers, every_question_learns_that_the_connection_was_lost) {
  const RedisServer server;
  const auto link = connect(server);
  redis_cli(server, {"CLIENT", "KILL", "TYPE", "normal"});
  const std::vector<Question> questions{{"a"}, {"b", 1}};
  const auto found = ask(*link, questions);
  ASSERT_EQ(found.size(), 2);
  EXPECT_THAT(found[0].error, HasSubstr("closed"));
  EXPECT_THAT(found[1].error, HasSubstr("closed"));
}

TEST(Answers, a_right_that_is_missing_costs_one_answer_only) {
  const RedisServer server;
  redis_cli(server, {"SET", "s", "v"});
  redis_cli(server, {"ACL", "SETUSER", "default", "-getset", "-exists"});
  const auto found = answers(server, {{"s", 0, Ask::exists}, {"s", 0, Ask::string_value}});
  EXPECT_THAT(found[0].error, HasSubstr("NOPERM"));
  EXPECT_EQ(found[1].texts.at(0), "v");
}

}  // namespace
}  // namespace headroom::facts
