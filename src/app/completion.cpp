#include "app/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/subcommand.h"

namespace headroom::app {
namespace {

bool takes(const Subcommand& command, const OptionSpec& spec) {
  return std::find(command.options.begin(), command.options.end(), spec.group) != command.options.end();
}

std::string_view long_name(const OptionSpec& spec) { return spec.names.substr(spec.names.rfind("--")); }

std::string option_words(const Subcommand& command) {
  std::string words = "--help";
  for (const auto& spec : option_table())
    if (takes(command, spec)) words += fmt::format(" {}", long_name(spec));
  return words;
}

// Descriptions are ours, but a quote in one would end the shell's text.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string bash_script() {
  std::string commands, cases, values;
  for (const auto& command : known_subcommands()) {
    commands += fmt::format("{} ", command.name);
    cases += fmt::format("    {}) words=\"{} {}\" ;;\n", command.name, option_words(command),
                         command.target_choices);
  }
  for (const auto& spec : option_table())
    if (!spec.choices.empty())
      values += fmt::format("    {}) words=\"{}\" ;;\n", long_name(spec), spec.choices);
  return fmt::format(
      "_headroom() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"{}\"; else case \"${{COMP_WORDS[1]}}\" in\n{}  esac; fi\n"
      "  case \"$previous\" in\n{}"
      "    --output|--compare|--policy|--cacert|--cacertdir|--cert|--key|--socket) "
      "COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\ncomplete -F _headroom headroom\n",
      commands, cases, values);
}

std::string zsh_script() {
  std::string commands, cases;
  for (const auto& command : known_subcommands()) {
    commands += fmt::format("    {}\n", shell_quoted(fmt::format("{}:{}", command.name, command.summary)));
    cases += fmt::format("      {}) _arguments", command.name);
    for (const auto& spec : option_table()) {
      if (!takes(command, spec)) continue;
      const auto action = spec.value.empty()     ? std::string()
                          : spec.choices.empty() ? fmt::format(":{}:_files", spec.value)
                                                 : fmt::format(":{}:({})", spec.value, spec.choices);
      // _arguments reads brackets and colons; a description keeps neither.
      std::string text(spec.description);
      std::replace_if(
          text.begin(), text.end(), [](char c) { return c == ':' || c == '[' || c == ']'; }, ' ');
      cases += fmt::format(" {}", shell_quoted(fmt::format("{}[{}]{}", long_name(spec), text, action)));
    }
    if (!command.target_choices.empty()) cases += fmt::format(" ':choice:({})'", command.target_choices);
    cases += " ;;\n";
  }
  return fmt::format(
      "#compdef headroom\n_headroom() {{\n  local -a commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
      "  local name=${{words[2]}}\n  shift words; (( CURRENT-- ))\n  case $name in\n{}  esac\n}}\n"
      "if [ \"$funcstack[1]\" = _headroom ]; then _headroom; else compdef _headroom headroom; fi\n",
      commands, cases);
}

std::string fish_script() {
  std::string script = "complete -c headroom -f\n";
  for (const auto& command : known_subcommands()) {
    script += fmt::format("complete -c headroom -n __fish_use_subcommand -a {} -d {}\n", command.name,
                          shell_quoted(command.summary));
    const auto when = fmt::format("-n '__fish_seen_subcommand_from {}'", command.name);
    if (!command.target_choices.empty())
      script += fmt::format("complete -c headroom {} -a {}\n", when, shell_quoted(command.target_choices));
    for (const auto& spec : option_table()) {
      if (!takes(command, spec)) continue;
      const auto argument = spec.value.empty()     ? std::string()
                            : spec.choices.empty() ? std::string(" -r -F")
                                                   : fmt::format(" -x -a {}", shell_quoted(spec.choices));
      script += fmt::format("complete -c headroom {} -l {}{} -d {}\n", when, long_name(spec).substr(2),
                            argument, shell_quoted(spec.description));
    }
  }
  return script;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return fail({"no completion for that shell", "headroom completion", "headroom completion bash|zsh|fish",
               Exit::usage});
}

}  // namespace headroom::app
