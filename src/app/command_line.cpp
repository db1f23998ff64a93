#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/nearest.h"

namespace headroom::app {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find(' ', start), text.size());
    words.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

void add_option(CLI::App& app, const OptionSpec& spec, Options& options) {
  const std::string names(spec.names), description(spec.description);
  auto* option = std::visit(
      [&](auto place) -> CLI::Option* {
        if constexpr (std::is_same_v<decltype(place), bool Options::*>)
          return app.add_flag(names, options.*place, description);
        else
          return app.add_option(names, options.*place, description);
      },
      spec.place);
  if (!spec.value.empty()) option->type_name(std::string(spec.value));
  if (!spec.choices.empty()) option->check(CLI::IsMember(words_of(spec.choices)));
}

void add_targets(CLI::App& app, const Subcommand& command, Options& options) {
  if (command.targets.empty()) return;
  auto* targets = app.add_option("target", options.targets, "")->type_name(std::string(command.targets));
  if (!command.target_choices.empty()) targets->check(CLI::IsMember(words_of(command.target_choices)));
}

// The free letter -h belongs to the host, as in redis-cli; help is --help and the command `help`.
void describe(CLI::App& app, const Subcommand& command, Options& options) {
  app.set_help_flag("--help", "this text");
  add_targets(app, command, options);
  for (const auto& spec : option_table())
    if (std::find(command.options.begin(), command.options.end(), spec.group) != command.options.end())
      add_option(app, spec, options);
}

const Subcommand* find(const std::vector<Subcommand>& commands, std::string_view name) {
  const auto found =
      std::find_if(commands.begin(), commands.end(), [&](const auto& c) { return c.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

Error unknown_command(std::string_view name, const std::vector<Subcommand>& commands) {
  std::vector<std::string_view> names;
  for (const auto& command : commands) names.push_back(command.name);
  const auto close = nearest(name, names);
  return {fmt::format("there is no command '{}'", name), "command line",
          close.empty() ? "headroom help" : fmt::format("headroom {}", close), Exit::usage};
}

std::vector<std::string_view> option_names(const Subcommand& command) {
  std::vector<std::string_view> names;
  for (const auto& spec : option_table())
    if (std::find(command.options.begin(), command.options.end(), spec.group) != command.options.end())
      names.push_back(spec.names.substr(spec.names.rfind("--")));
  return names;
}

// CLI11's text names the words left over; the first that looks like an option is what the user mistyped. The
// value of a wrong option may be a secret, so nothing else of the line is repeated.
Error wrong_option(const std::vector<std::string>& words, const Subcommand& command,
                   const CLI::ParseError& error) {
  const auto help = fmt::format("headroom {} --help", command.name);
  const auto known = option_names(command);
  for (const auto& word : words) {
    const auto name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || name == "--" || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    const auto close = nearest(name, known);
    return {fmt::format("'{}' has no option {}", command.name, name), "command line",
            close.empty() ? help : fmt::format("{} (or: {})", close, help), Exit::usage};
  }
  const bool extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  return {
      extras ? fmt::format("'{}' does not take that many words", command.name) : std::string(error.what()),
      "command line", help, Exit::usage};
}

std::string program_help() {
  std::string text =
      "headroom keeps Redis memory under control for people who run job queues and caches.\n\n"
      "usage: headroom COMMAND [OPTIONS] [TARGET]\n\ncommands:\n";
  for (const auto& command : known_subcommands())
    text += fmt::format("  {:<12}{}\n", command.name, command.summary);
  text +=
      "\nA TARGET is an RDB file (- for stdin) or a redis://, rediss:// or unix:// address. Without one:\n"
      "-h, -p, -s and their friends as in redis-cli, and REDIS_URL, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD,\n"
      "REDISCLI_AUTH from the environment.\n"
      "Exit codes: 0 fine, 1 findings, 2 usage, 3 cannot reach or not allowed, 4 stopped early, 5 refused "
      "for safety.\n"
      "More: headroom help COMMAND\n";
  return text;
}

}  // namespace

Result<std::string> help_text(std::string_view name) {
  if (name.empty()) return program_help();
  const auto commands = known_subcommands();
  const auto* command = find(commands, name);
  if (command == nullptr) return fail(unknown_command(name, commands));
  Options options;
  CLI::App app{std::string(command->summary), fmt::format("headroom {}", name)};
  describe(app, *command, options);
  return app.help();
}

Result<Understood> understand(const std::vector<std::string>& words, Environment environment) {
  const auto commands = known_subcommands();
  if (words.empty() || words[0] == "--help") return Understood(program_help());
  const auto* command = find(commands, words[0] == "--version" ? "version" : std::string_view(words[0]));
  if (command == nullptr) return fail(unknown_command(words[0], commands));
  Invocation invocation{command->name, {}, std::move(environment)};
  CLI::App app{std::string(command->summary), fmt::format("headroom {}", command->name)};
  describe(app, *command, invocation.options);
  std::vector<std::string> rest(words.rbegin(), words.rend() - 1);  // CLI11 wants them backwards
  try {
    app.parse(std::move(rest));
  } catch (const CLI::CallForHelp&) {
    return Understood(app.help());
  } catch (const CLI::ParseError& error) {
    return fail(wrong_option({words.begin() + 1, words.end()}, *command, error));
  }
  return Understood(std::pair{*command, std::move(invocation)});
}

}  // namespace headroom::app
