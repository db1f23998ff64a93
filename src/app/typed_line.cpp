#include "app/typed_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/subcommand.h"
#include "base/text.h"
#include "wire/endpoint.h"

namespace headroom::app {
namespace {

constexpr std::string_view harmless =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
constexpr std::string_view password_comment = "  # with the password in REDISCLI_AUTH";

bool has(const auto& all, const auto& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// The value as it is typed; empty: not given. A flag that is given is "".
std::vector<std::string> values_of(const OptionSpec& spec, const Options& options) {
  static const Options defaults;
  return std::visit(
      [&](auto place) -> std::vector<std::string> {
        const auto& value = options.*place;
        if (value == defaults.*place) return {};
        if constexpr (std::is_same_v<decltype(place), bool Options::*>)
          return {""};
        else if constexpr (std::is_same_v<decltype(place), std::vector<std::string> Options::*>)
          return value;
        else
          return {fmt::format("{}", value)};
      },
      spec.place);
}

/// What logs in, taken out of all addresses.
struct Login {
  std::string user{};
  bool password = false;

  std::string without(const std::string& word) {
    if (word.find("://") == std::string::npos) return word;
    auto bare = wire::without_login(word);
    if (!bare.user.empty()) user = bare.user;
    password = password || bare.password;
    return bare.address;
  }
};

std::string option_text(std::string_view name, const std::string& value) {
  if (value.empty()) return fmt::format(" {}", name);
  return fmt::format(" {}{}{}", name, value.starts_with('-') ? '=' : ' ', shell_word(value));
}

std::string options_text(const TypedLine& line, const Options& options, Login& login) {
  const auto commands = known_subcommands();
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&](const Subcommand& one) { return one.name == line.command; });
  std::string text;
  for (const auto& spec : option_table()) {
    const auto name = spec.names.substr(spec.names.rfind("--"));
    const bool taken = command != commands.end() && has(command->options, spec.group);
    if (!taken || has(line.without, name) || (!line.groups.empty() && !has(line.groups, spec.group)))
      continue;
    if (name == "--pass") continue;
    for (const auto& value : values_of(spec, options))
      text += option_text(name, name == "--url" ? login.without(value) : value);
  }
  return text;
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && text.find_first_not_of(harmless) == std::string_view::npos) return std::string(text);
  const bool plain = printable(text) == text;
  std::string out = plain ? "'" : "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    else if (c == '\'' || c == '\\')
      out += std::string("\\") + c;
    else if (byte < 0x20 || byte > 0x7e)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out + "'";
}

std::string typed_line(const TypedLine& line, const Options& options) {
  Login login;
  login.password = !options.password.empty();
  for (const auto& target : options.targets) login.without(target);  // the server is the same
  auto text = fmt::format("headroom {}", line.command);
  for (const auto& word : line.words) text += ' ' + shell_word(login.without(word));
  text += options_text(line, options, login);
  if (options.user.empty() && !login.user.empty()) text += option_text("--user", login.user);
  return text + line.more + std::string(login.password ? password_comment : "");
}

std::string line_about(std::string_view command, std::vector<std::string> words, const Options& options) {
  return typed_line(
      {command, std::move(words), {OptionGroup::connection, OptionGroup::policy, OptionGroup::state}, {}, {}},
      options);
}

}  // namespace headroom::app
