#include <iostream>

#include "app/command_line.h"

namespace headroom::app {
namespace {

Result<Exit> run(const Invocation& invocation) {
  const auto& names = invocation.options.targets;
  const auto text = help_text(names.empty() ? "" : names[0]);
  if (!text) return fail(text.error());
  std::cout << *text;
  return Exit::fine;
}

}  // namespace

Subcommand help() { return {"help", "this text, or a command's", "[COMMAND]", {}, "", run}; }

}  // namespace headroom::app
