#include "app/completion.h"

#include <iostream>

#include "app/subcommand.h"

namespace headroom::app {
namespace {

Result<Exit> run(const Invocation& invocation) {
  const auto& shells = invocation.options.targets;
  const auto script = completion_script(shells.empty() ? "" : shells[0]);
  if (!script) return fail(script.error());
  std::cout << *script;
  return Exit::fine;
}

}  // namespace

Subcommand completion() {
  return {"completion", "print a shell's completion script", "SHELL", {}, "bash zsh fish", run};
}

}  // namespace headroom::app
