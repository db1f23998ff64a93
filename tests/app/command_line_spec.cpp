#include "app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace headroom::app {
namespace {

using testing::HasSubstr;

std::optional<std::string> nothing(const std::string&) { return std::nullopt; }

Error error_of(const std::vector<std::string>& words) {
  const auto understood = understand(words, nothing);
  EXPECT_FALSE(understood.has_value());
  return understood ? Error{} : understood.error();
}

TEST(CommandLine, takes_the_connection_options_of_redis_cli) {
  const auto understood = understand({"audit", "-h", "redis.example", "-p", "6380", "-n", "3", "--user", "hr",
                                      "--tls", "--cacert", "ca.pem"},
                                     nothing);
  ASSERT_TRUE(understood.has_value()) << understood.error().what;
  const auto& [command, invocation] = std::get<std::pair<Subcommand, Invocation>>(*understood);
  EXPECT_EQ(command.name, "audit");
  EXPECT_EQ(invocation.options.host, "redis.example");
  EXPECT_EQ(invocation.options.port, "6380");
  EXPECT_EQ(invocation.options.db, "3");
  EXPECT_EQ(invocation.options.user, "hr");
  EXPECT_TRUE(invocation.options.tls);
  EXPECT_EQ(invocation.options.cacert, "ca.pem");
}

TEST(CommandLine, names_the_nearest_command) {
  const auto error = error_of({"audti"});
  EXPECT_EQ(error.exit, Exit::usage);
  EXPECT_THAT(error.what, HasSubstr("'audti'"));
  EXPECT_EQ(error.remedy, "headroom audit");
}

TEST(CommandLine, names_the_nearest_option) {
  const auto error = error_of({"audit", "--summry"});
  EXPECT_EQ(error.exit, Exit::usage);
  EXPECT_THAT(error.what, HasSubstr("--summry"));
  EXPECT_THAT(error.remedy, HasSubstr("--summary"));
}

TEST(CommandLine, never_repeats_a_value_that_may_be_a_secret) {  // SEC-1
  const auto error = error_of({"audit", "--passwrd=hunter2"});
  EXPECT_THAT(error.what, testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(error.remedy, testing::Not(HasSubstr("hunter2")));
}

TEST(CommandLine, refuses_a_format_it_does_not_know) {
  EXPECT_EQ(error_of({"audit", "--format", "yaml"}).exit, Exit::usage);
}

TEST(CommandLine, gives_every_command_a_help) {
  for (const auto& command : known_subcommands()) {
    const auto text = help_text(command.name);
    ASSERT_TRUE(text.has_value()) << command.name;
    EXPECT_THAT(*text, HasSubstr(std::string(command.summary))) << command.name;
  }
}

TEST(CommandLine, has_options_with_names_of_their_own) {
  std::map<std::string_view, Place> places;  // one name means one thing in every command
  for (const auto& spec : option_table())
    EXPECT_EQ(places.try_emplace(spec.names, spec.place).first->second, spec.place) << spec.names;
  for (const auto& command : known_subcommands()) {
    std::set<std::string_view> seen;
    for (const auto& spec : option_table())
      if (std::find(command.options.begin(), command.options.end(), spec.group) != command.options.end()) {
        EXPECT_TRUE(seen.insert(spec.names).second) << command.name << " " << spec.names;
      }
  }
}

}  // namespace
}  // namespace headroom::app
