#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"
#include "base/result.h"

namespace headroom::app {

/// A look into the environment; a function, so that tests need not change ours.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// What a command is given to run.
struct Invocation {
  std::string_view command{};
  Options options{};
  Environment environment{};
};

/// One command. Each file in commands/ defines the function of its name that returns one (rule 5 of the
/// house).
struct Subcommand {
  std::string_view name{};
  std::string_view summary{};
  std::string_view targets{};  ///< what the words after the command are: "[TARGET]"; empty: none allowed
  std::vector<OptionGroup> options{};
  std::string_view target_choices{};  ///< "bash zsh fish": the only words allowed
  Result<Exit> (*run)(const Invocation&) = nullptr;
};

/// Every command, from commands/. In order of file name.
std::vector<Subcommand> known_subcommands();

}  // namespace headroom::app
